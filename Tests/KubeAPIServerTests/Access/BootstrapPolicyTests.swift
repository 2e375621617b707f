import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("The bootstrap roles and bindings")
struct BootstrapPolicyTests {
    private let entries = BootstrapPolicy.entries

    private func entry(_ resource: String, _ name: String, namespace: String = "") -> JSON {
        entries.first { $0.resource == resource && $0.name == name && $0.namespace == namespace }?.object ?? .null
    }

    @Test("no object is there twice, and each has the label and the annotation")
    func metadata() {
        #expect(Set(entries.map { "\($0.resource)/\($0.namespace)/\($0.name)" }).count == entries.count)
        for entry in entries {
            let metadata = entry.object["metadata"]
            #expect(metadata["labels", "kubernetes.io/bootstrapping"] == "rbac-defaults")
            #expect(metadata["annotations", "rbac.authorization.kubernetes.io/autoupdate"] == "true")
            #expect(metadata["name"].string == entry.name)
        }
    }

    @Test("every binding's role is there")
    func bindings() {
        for entry in entries where entry.resource.hasSuffix("bindings") {
            let isCluster = entry.object["roleRef", "kind"] == "ClusterRole"
            let name = entry.object["roleRef", "name"].string ?? ""
            let role = self.entry(
                isCluster ? "clusterroles" : "roles", name, namespace: isCluster ? "" : entry.namespace)
            #expect(!role.isNull, "\(entry.name) names \(name)")
        }
    }

    @Test("rules have sorted lists and the names of their resources")
    func rules() {
        #expect(
            entry("clusterroles", "cluster-admin")["rules"] == [
                ["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]],
                ["nonResourceURLs": ["*"], "verbs": ["*"]],
            ])
        let view = entry("clusterroles", "system:aggregate-to-view")["rules", "nothing"]
        #expect(view.isNull)
        let first = entry("clusterroles", "system:aggregate-to-view")["rules"][0]
        #expect(first["apiGroups"] == [""] && first["verbs"] == ["get", "list", "watch"])
        #expect(first["resources"].strings == first["resources"].strings.sorted())
        #expect(first["resources"].strings.count == 10)
        let approver = entry("clusterroles", "system:certificates.k8s.io:kubelet-serving-approver")["rules"][0]
        #expect(approver["resourceNames"] == ["kubernetes.io/kubelet-serving"])
    }

    @Test("admin, edit and view are aggregated from labelled roles")
    func aggregation() {
        let edit = entry("clusterroles", "edit")
        #expect(edit["rules"].isNull)
        #expect(edit["metadata", "labels", "rbac.authorization.k8s.io/aggregate-to-admin"] == "true")
        #expect(
            edit["aggregationRule", "clusterRoleSelectors"][0]["matchLabels"]
                == ["rbac.authorization.k8s.io/aggregate-to-edit": "true"])
    }

    @Test("every rule of the tables has verbs and something to apply them to")
    func complete() {
        let all =
            RoleTable.clusterRoles + RoleTable.controllerRoles + RoleTable.systemRoles + RoleTable.publicRoles
        for role in all {
            #expect(!role.rules.isEmpty || role.aggregates != nil, "\(role.name)")
            for rule in role.rules {
                #expect(!rule.verbs.isEmpty)
                #expect(rule.urls.isEmpty != (rule.groups.isEmpty || rule.resources.isEmpty), "\(role.name) \(rule)")
                #expect(rule.urls.allSatisfy { $0.hasPrefix("/") || $0 == "*" }, "\(role.name) \(rule)")
            }
        }
    }
}

@Suite("Reconciliation of the bootstrap policy")
struct PolicyReconciliationTests {
    private func entry(_ name: String) throws -> BootstrapPolicy.Entry {
        try #require(BootstrapPolicy.entries.first { $0.name == name })
    }

    @Test("a missing object is created and a whole one left alone")
    func createAndNone() throws {
        let discovery = try entry("system:discovery")
        #expect(PolicyReconciliation.step(discovery, existing: nil) == .create(discovery.object))
        #expect(PolicyReconciliation.step(discovery, existing: discovery.object) == .none)
        let admin = try entry("admin")
        #expect(PolicyReconciliation.step(admin, existing: admin.object) == .none)
    }

    @Test("missing rules are added and an administrator's own kept")
    func rules() throws {
        let basic = try entry("system:basic-user")
        var stored = basic.object
        let own: JSON = ["apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]]
        stored["rules"] = [own]
        stored["metadata", "labels", "mine"] = "1"
        guard case .update(let merged) = PolicyReconciliation.step(basic, existing: stored) else {
            Issue.record("no update")
            return
        }
        #expect(merged["rules"].array?.count == 4 && merged["rules"][0] == own)
        #expect(merged["metadata", "labels", "mine"] == "1")
        #expect(PolicyReconciliation.step(basic, existing: merged) == .none)
    }

    @Test("autoupdate: false protects the object")
    func protected() throws {
        let basic = try entry("system:basic-user")
        var stored = basic.object
        stored["rules"] = []
        stored["metadata", "annotations", RoleReconciliation.autoUpdate] = "false"
        #expect(PolicyReconciliation.step(basic, existing: stored) == .none)
    }

    @Test("a binding to another role is made anew, and lost subjects come back")
    func bindings() throws {
        let monitoring = try #require(
            BootstrapPolicy.entries.first { $0.name == "system:monitoring" && $0.resource == "clusterrolebindings" })
        var other = monitoring.object
        other["roleRef", "name"] = "view"
        #expect(PolicyReconciliation.step(monitoring, existing: other) == .recreate(monitoring.object))
        var emptied = monitoring.object
        emptied.remove("subjects")
        #expect(PolicyReconciliation.step(monitoring, existing: emptied) == .update(monitoring.object))
    }
}

@Suite("Aggregated roles")
struct RoleAggregationTests {
    private let roles = BootstrapPolicy.entries.filter { $0.resource == "clusterroles" }.map(\.object)

    private func role(_ name: String, in roles: [JSON]) throws -> JSON {
        try #require(roles.first { $0["metadata", "name"].string == name })
    }

    @Test("view is its labelled role, edit has view's rules too, and a second look changes nothing")
    func bootstrap() throws {
        let view = try #require(RoleAggregation.updated(try role("view", in: roles), from: roles))
        #expect(view["rules"] == (try role("system:aggregate-to-view", in: roles))["rules"])
        let seen = roles.map { $0["metadata", "name"] == "view" ? view : $0 }
        #expect(RoleAggregation.updated(view, from: seen) == nil)
        let edit = try #require(RoleAggregation.updated(try role("edit", in: seen), from: seen))
        let rules = edit["rules"].array ?? []
        #expect((view["rules"].array ?? []).allSatisfy(rules.contains))
        #expect(rules.contains(["apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]]))
    }

    @Test("other roles are left alone, and a role doesn't choose itself")
    func others() throws {
        #expect(RoleAggregation.updated(try role("cluster-admin", in: roles), from: roles) == nil)
        let own: JSON = [
            "metadata": ["name": "own", "labels": ["a": "b"]], "rules": [],
            "aggregationRule": ["clusterRoleSelectors": [["matchLabels": ["a": "b"]]]],
        ]
        #expect(RoleAggregation.updated(own, from: [own]) == nil)
    }
}
