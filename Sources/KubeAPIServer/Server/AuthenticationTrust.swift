import JSON
import KubeModel
import Logging

/// Keeps the ConfigMap `kube-system/extension-apiserver-authentication`, by which servers that are asked in this one's
/// place know clients and front proxies. What other API servers of the cluster have put in stays: lists and bundles are
/// joined.
struct AuthenticationTrust: Sendable {
    static let name = "extension-apiserver-authentication"

    let parts: ServerParts
    let required: FreshCluster.Settings

    func reconcile() async {
        guard
            let old = parts.reader.object(
                group: "", resource: "configmaps", namespace: "kube-system", name: Self.name)
        else { return }
        let data = Self.joined(old["data"].stringMap, required)
        guard data != old["data"].stringMap,
            let served = parts.table.find(group: "", version: "v1", resource: "configmaps")
        else { return }
        let verbs = ObjectVerbs(
            parts: parts,
            request: .internal(served, namespace: "kube-system", name: Self.name, manager: "kube-apiserver"))
        do throws(APIStatus) {
            _ = try await verbs.change(verbs.changeRules()) { old in
                var new = old
                new["data"] = JSON(Self.joined(old["data"].stringMap, required))
                return new
            }
        } catch {
            parts.log.warning(
                "could not tell how clients are known", metadata: ["object": "\(Self.name)", "error": "\(error)"])
        }
    }

    static func joined(_ old: [String: String], _ required: FreshCluster.Settings) -> [String: String] {
        var data = old
        var wanted = required.frontProxy
        if !required.clientAuthority.isEmpty { wanted["client-ca-file"] = required.clientAuthority }
        for (name, value) in wanted {
            let known = data[name] ?? ""
            data[name] = name.hasSuffix("-ca-file") ? bundle(known, value) : list(known, value)
        }
        return data
    }

    private static func bundle(_ old: String, _ new: String) -> String {
        old.contains(new) ? old : old.isEmpty || old.hasSuffix("\n") ? old + new : "\(old)\n\(new)"
    }

    /// Both are JSON arrays of strings.
    private static func list(_ old: String, _ new: String) -> String {
        let known = ((try? JSON(parsing: old)) ?? .null).strings
        let added = ((try? JSON(parsing: new)) ?? .null).strings.filter { !known.contains($0) }
        return JSON(known + added).text
    }
}
