import JSON

/// `v1` Binding: puts a pod on a node. Never stored.
enum BindingKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Binding")
        rules.validate = { binding in
            var faults = Faults()
            let (target, path) = (binding["target"], FieldPath("target"))
            let kind = target.text("kind")
            if !kind.isEmpty, kind != "Node" {
                faults.notSupported(path["kind"], .string(kind), inOrder: ["Node", "<empty>"])
            }
            faults.checkPresent(target, "name", path)
            return faults.all
        }
        return rules
    }()
}
