import JSON

/// What RoleBinding and ClusterRoleBinding have in common: a role and who has it.
enum RoleSubjects {
    static func rules(kind: String, isNamespaced: Bool) -> KindRules {
        var rules = KindRules(group: RolePermissions.group, kind: kind)
        rules.nameRule = .pathSegment
        rules.allowsCreateOnUpdate = true
        rules.defaults = applyDefaults
        rules.validate = { faults($0, isNamespaced: isNamespaced) }
        rules.validateUpdate = { new, old in
            faults(new, isNamespaced: isNamespaced) + changedRole(new["roleRef"], old["roleRef"])
        }
        rules.table = table
        return rules
    }

    @Sendable private static func applyDefaults(_ object: inout JSON) {
        object.edit("roleRef") { $0.fillZero("apiGroup", .string(RolePermissions.group)) }
        object.editEach("subjects") { subject in
            if ["User", "Group"].contains(subject.text("kind")) {
                subject.fillZero("apiGroup", .string(RolePermissions.group))
            }
        }
    }

    private static func faults(_ object: JSON, isNamespaced: Bool) -> [FieldError] {
        let (path, role) = (FieldPath("roleRef"), object["roleRef"])
        var faults = foreignGroup(role, path)
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        if !kinds.contains(role.text("kind")) {
            faults.append(SpecFaults.notSupported(path["kind"], .string(role.text("kind")), kinds))
        }
        let name = role.text("name")
        if name.isEmpty {
            faults.append(.required(path["name"]))
        } else {
            faults += SpecFaults.named(path["name"], name, Names.pathSegment(name))
        }
        return faults
            + object.list("subjects").enumerated().flatMap { index, subject in
                subjectFaults(subject, isNamespaced: isNamespaced, FieldPath("subjects")[index])
            }
    }

    private static func foreignGroup(_ reference: JSON, _ path: FieldPath) -> [FieldError] {
        let group = reference.text("apiGroup")
        if group == RolePermissions.group { return [] }
        return [SpecFaults.notSupported(path["apiGroup"], .string(group), [RolePermissions.group])]
    }

    private static func subjectFaults(_ subject: JSON, isNamespaced: Bool, _ path: FieldPath) -> [FieldError] {
        let name = subject.text("name")
        var faults = SpecFaults.missing(subject, path, "name")
        switch subject.text("kind") {
        case "ServiceAccount":
            if !name.isEmpty { faults += SpecFaults.named(path["name"], name, Names.dnsSubdomain(name)) }
            if !subject.text("apiGroup").isEmpty {
                faults.append(SpecFaults.notSupported(path["apiGroup"], subject["apiGroup"], [""]))
            }
            if !isNamespaced { faults += SpecFaults.missing(subject, path, "namespace") }
        case "User", "Group":
            faults += foreignGroup(subject, path)
        default:
            let kinds = ["ServiceAccount", "User", "Group"]
            faults.append(SpecFaults.notSupported(path["kind"], .string(subject.text("kind")), kinds))
        }
        return faults
    }

    private static func changedRole(_ new: JSON, _ old: JSON) -> [FieldError] {
        if ["apiGroup", "kind", "name"].allSatisfy({ new.text($0) == old.text($0) }) { return [] }
        let form: JSON = [
            "APIGroup": .string(new.text("apiGroup")), "Kind": .string(new.text("kind")),
            "Name": .string(new.text("name")),
        ]
        return [SpecFaults.invalid(FieldPath("roleRef"), internalForm: form, "cannot change roleRef")]
    }

    private static let table = KindTable([
        .objectName,
        .init("Role", "The kind and name of the role."),
        .objectAge,
        .wide("Users", "Users that have the role."),
        .wide("Groups", "Groups that have the role."),
        .wide("ServiceAccounts", "Service accounts that have the role, with their namespaces."),
    ]) { object, now in
        let role = object["roleRef"]
        func names(_ kind: String, _ text: (JSON) -> String) -> JSON {
            .string(object.list("subjects").filter { $0.text("kind") == kind }.map(text).joined(separator: ", "))
        }
        return [
            KindTable.Cell.name(object), .string("\(role.text("kind"))/\(role.text("name"))"),
            KindTable.Cell.age(object, now), names("User") { $0.text("name") }, names("Group") { $0.text("name") },
            names("ServiceAccount") { "\($0.text("namespace"))/\($0.text("name"))" },
        ]
    }
}
