import JSON

/// `v1` ServiceAccount.
enum ServiceAccountKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "ServiceAccount")
        rules.prepareForCreate = { keepNamesOnly(&$0) }
        rules.prepareForUpdate = { new, _ in keepNamesOnly(&new) }
        rules.warnings = { new, _ in
            let key = "kubernetes.io/enforce-mountable-secrets"
            guard new["metadata", "annotations"].has(key) else { return [] }
            return [
                "metadata.annotations[\(key)]: deprecated in v1.32+; prefer separate namespaces to isolate access to "
                    + "mounted secrets"
            ]
        }
        rules.table = KindTable([.objectName, .objectAge]) { object, now in
            [KindTable.Cell.name(object), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    /// Of a reference to a secret only the name means something.
    private static func keepNamesOnly(_ account: inout JSON) {
        account.editEach("secrets") { reference in
            let name = reference["name"]
            reference = name.isNull ? [:] : ["name": name]
        }
    }
}
