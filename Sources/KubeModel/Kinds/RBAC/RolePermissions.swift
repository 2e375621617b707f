import JSON

/// What Role and ClusterRole have in common: their rules and how they are printed.
enum RolePermissions {
    static let group = "rbac.authorization.k8s.io"

    static func faults(_ object: JSON, isNamespaced: Bool) -> [FieldError] {
        object.list("rules").enumerated().flatMap { index, rule in
            ruleFaults(rule, isNamespaced: isNamespaced, FieldPath("rules")[index])
        }
    }

    private static func ruleFaults(_ rule: JSON, isNamespaced: Bool, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if rule.list("verbs").isEmpty {
            faults.append(.required(path["verbs"], "verbs must contain at least one value"))
        }
        if !rule.list("nonResourceURLs").isEmpty {
            let (at, urls) = (path["nonResourceURLs"], rule["nonResourceURLs"])
            if isNamespaced {
                faults.append(.invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"))
            }
            if ["apiGroups", "resources", "resourceNames"].contains(where: { !rule.list($0).isEmpty }) {
                let detail = "rules cannot apply to both regular resources and non-resource URLs"
                faults.append(.invalid(at, urls, detail))
            }
            return faults
        }
        if rule.list("apiGroups").isEmpty {
            faults.append(.required(path["apiGroups"], "resource rules must supply at least one api group"))
        }
        if rule.list("resources").isEmpty {
            faults.append(.required(path["resources"], "resource rules must supply at least one resource"))
        }
        return faults
    }

    static let table = KindTable([
        .objectName,
        .init("Created At", type: "date", "When the object was created."),
    ]) { object, _ in
        [KindTable.Cell.name(object), .string(object["metadata"].text("creationTimestamp"))]
    }
}
