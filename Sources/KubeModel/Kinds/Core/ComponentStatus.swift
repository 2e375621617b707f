import JSON

/// `v1` ComponentStatus: the health of the control plane's parts; read only, never stored.
enum ComponentStatusKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "ComponentStatus")
        rules.deprecation = "v1 ComponentStatus is deprecated in v1.19+"
        rules.table = KindTable([.objectName, .init("Status"), .init("Message"), .init("Error")]) { object, _ in
            var (status, message, error) = ("Unknown", "", "")
            for condition in object.list("conditions") where condition.text("type") == "Healthy" {
                switch condition.text("status") {
                case "True": status = "Healthy"
                case "False": status = "Unhealthy"
                default: status = "Unknown"
                }
                (message, error) = (condition.text("message"), condition.text("error"))
                break
            }
            return [KindTable.Cell.name(object), .string(status), .string(message), .string(error)]
        }
        return rules
    }()
}
