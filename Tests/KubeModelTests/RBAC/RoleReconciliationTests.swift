import JSON
import Testing

@testable import KubeModel

@Suite("Roles and bindings brought to what is wanted") struct RoleReconciliationTests {
    private static func role(_ verbs: [String], aggregates: Bool = false, note: String? = nil) -> JSON {
        var role: JSON = [
            "kind": "Role", "metadata": ["name": "r"],
            "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": JSON(verbs)]],
        ]
        if aggregates { role["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["a": "b"]]]] }
        if let note { role["metadata", "annotations"] = [RoleReconciliation.autoUpdate: .string(note)] }
        return role
    }

    private static func binding(_ subjects: [String], to name: String = "r") -> JSON {
        [
            "kind": "RoleBinding", "metadata": ["name": "b"], "roleRef": ["kind": "Role", "name": .string(name)],
            "subjects": .array(subjects.map { ["kind": "User", "name": .string($0)] }),
        ]
    }

    @Test("what is to be done")
    func operations() {
        func operation(_ wanted: JSON, _ existing: JSON?, _ removes: Bool = false) -> RoleReconciliation.Operation {
            RoleReconciliation(wanted: wanted, existing: existing, removesExtra: removes).operation
        }
        #expect(operation(Self.role(["get"]), nil) == .create)
        #expect(operation(Self.role(["get"]), Self.role(["get", "list"])) == .none)
        #expect(operation(Self.role(["get"]), Self.role(["*"])) == .none)
        #expect(operation(Self.role(["get"]), Self.role(["get", "list"]), true) == .update)
        #expect(operation(Self.role(["get"]), Self.role(["list"])) == .update)
        #expect(operation(Self.role(["get"]), Self.role(["get"], aggregates: true)) == .update)
        #expect(operation(Self.role(["x"], aggregates: true), Self.role(["get"], aggregates: true)) == .none)
        #expect(operation(Self.binding(["u"]), Self.binding(["u", "v"])) == .none)
        #expect(operation(Self.binding(["u"]), Self.binding(["u", "v"]), true) == .update)
        #expect(operation(Self.binding(["u"]), Self.binding(["u"], to: "other")) == .recreate)
    }

    @Test("missing rules are added behind the others, extra ones go only when they are to")
    func rules() {
        let more = RoleReconciliation(wanted: Self.role(["get"]), existing: Self.role(["list"]), removesExtra: false)
        #expect(more.object["rules"].array?.count == 2 && more.extraRules.isEmpty)
        #expect(more.missingRules == [PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"])])
        let less = RoleReconciliation(wanted: Self.role(["get"]), existing: Self.role(["list"]), removesExtra: true)
        #expect(less.object["rules"] == Self.role(["get"])["rules"])
        #expect(less.extraRules == [PolicyRule(verbs: ["list"], groups: [""], resources: ["pods"])])
    }

    @Test("objects that are kept to themselves are told of")
    func protected() {
        let existing = Self.role(["get"], note: "false")
        #expect(RoleReconciliation(wanted: Self.role(["list"]), existing: existing, removesExtra: false).isProtected)
        #expect(!RoleReconciliation(wanted: existing, existing: nil, removesExtra: false).isProtected)
    }
}
