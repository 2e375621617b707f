import JSON
import KubeModel

/// Which options of lists and watches go together (apimachinery's `ValidateListOptions`).
enum ListOptions {
    static func check(_ query: QueryOptions, isWatch: Bool) throws(APIStatus) {
        _ = try query.integer("timeoutSeconds")
        let faults = isWatch ? watchFaults(query) : listFaults(query)
        if !faults.isEmpty { throw .invalid(kind: "ListOptions", group: "meta.k8s.io", "", faults) }
    }

    private static let path = FieldPath("resourceVersionMatch")

    private static func listFaults(_ query: QueryOptions) -> [FieldError] {
        var faults = Faults()
        let (match, version) = (query.resourceVersionMatch, query.resourceVersion)
        if !match.isEmpty {
            if version.isEmpty {
                faults.forbidden(path, "resourceVersionMatch is forbidden unless resourceVersion is provided")
            }
            if !query.continueToken.isEmpty {
                faults.forbidden(path, "resourceVersionMatch is forbidden when continue is provided")
            }
            if match != "Exact", match != "NotOlderThan" {
                faults.notSupported(path, .string(match), inOrder: ["Exact", "NotOlderThan", ""])
            }
            if match == "Exact", version == "0" {
                faults.forbidden(path, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
            }
        }
        if query.flag("sendInitialEvents") != nil {
            faults.forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list")
        }
        return faults.all
    }

    private static func watchFaults(_ query: QueryOptions) -> [FieldError] {
        var faults = Faults()
        var match = query.resourceVersionMatch
        var sendsInitialEvents = query.flag("sendInitialEvents")
        // A watch of old begins with what is there: it is taken for one that asks for that.
        if sendsInitialEvents == nil, match.isEmpty, ["", "0"].contains(query.resourceVersion) {
            (match, sendsInitialEvents) = ("NotOlderThan", true)
        }
        if sendsInitialEvents != nil, match != "NotOlderThan" {
            faults.forbidden(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        if match.isEmpty { return faults.all }
        if sendsInitialEvents == nil {
            faults.forbidden(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        }
        if match != "NotOlderThan" { faults.notSupported(path, .string(match), inOrder: ["NotOlderThan"]) }
        if !query.continueToken.isEmpty {
            faults.forbidden(path, "resourceVersionMatch is forbidden when continue is provided")
        }
        return faults.all
    }
}
