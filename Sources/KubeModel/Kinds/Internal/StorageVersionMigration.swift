import JSON

/// `storagemigration.k8s.io` StorageVersionMigration: writes all objects of a resource anew.
enum StorageVersionMigration {
    static let rules: KindRules = {
        var rules = KindRules(group: "storagemigration.k8s.io", kind: "StorageVersionMigration")
        rules.allowsUnconditionalUpdate = false
        rules.keepStatusApart()
        rules.validate = { object in
            SpecFaults.missingOrMisnamed(
                object["spec"]["resource"], FieldPath("spec.resource"), "resource", "resource is required to be set",
                check: Names.dns1035)
        }
        rules.validateUpdate = { new, old in SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec")) }
        rules.table = KindTable([
            .init("Name", "The object's name."),
            .init("Resource", "The resource, with its group."),
            .init("Status", "How far it is."),
        ]) { object, _ in
            let resource = object["spec"]["resource"]
            let group = resource.text("group")
            let types = Set(
                object["status"].list("conditions").filter { $0.text("status") == "True" }.map { $0.text("type") })
            let status = ["Succeeded", "Failed", "Running"].first(where: types.contains) ?? ""
            return [
                KindTable.Cell.name(object),
                .string(resource.text("resource") + (group.isEmpty ? "" : ".\(group)")), .string(status),
            ]
        }
        return rules
    }()
}
