import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

func attributes(
    _ user: UserInfo, _ verb: String, _ resource: String, group: String = "", namespace: String = "", name: String = ""
) -> RequestAttributes {
    var request = RequestAttributes(user: user, verb: verb, isResource: true)
    let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
    request.resource = parts[0]
    request.subresource = parts.count > 1 ? parts[1] : ""
    request.group = group
    request.namespace = namespace
    request.name = name
    return request
}

func attributes(_ user: UserInfo, _ verb: String, path: String) -> RequestAttributes {
    var request = RequestAttributes(user: user, verb: verb, isResource: false)
    request.path = path
    return request
}

private let rbac = "rbac.authorization.k8s.io"
private let alice = UserInfo(name: "alice", groups: ["devs", "system:authenticated"])

private func role(_ name: String, namespace: String? = nil, _ rules: JSON) -> JSON {
    var role: JSON = ["metadata": ["name": .string(name)], "rules": rules]
    if let namespace { role["metadata", "namespace"] = .string(namespace) }
    return role
}

private func binding(_ name: String, _ kind: String, _ roleName: String, _ subjects: JSON, namespace: String? = nil)
    -> JSON
{
    var binding: JSON = [
        "metadata": ["name": .string(name)], "subjects": subjects,
        "roleRef": ["apiGroup": .string(rbac), "kind": .string(kind), "name": .string(roleName)],
    ]
    if let namespace { binding["metadata", "namespace"] = .string(namespace) }
    return binding
}

@Suite("RBAC decisions")
struct RBACAuthorizerTests {
    private func objects() -> FakeObjects {
        FakeObjects([
            (
                "clusterroles.\(rbac)",
                role(
                    "reader",
                    [
                        ["verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]],
                        ["verbs": ["get"], "nonResourceURLs": ["/healthz", "/metrics/*"]],
                        ["verbs": ["get"], "apiGroups": ["*"], "resources": ["*/scale"]],
                    ])
            ),
            (
                "roles.\(rbac)",
                role(
                    "one", namespace: "team",
                    [["verbs": ["*"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["settings"]]])
            ),
            (
                "clusterrolebindings.\(rbac)",
                binding("devs-read", "ClusterRole", "reader", [["kind": "Group", "name": "devs"]])
            ),
            (
                "rolebindings.\(rbac)",
                binding(
                    "sa-one", "Role", "one",
                    [["kind": "ServiceAccount", "name": "bot"], ["kind": "User", "name": "alice"]], namespace: "team")
            ),
            (
                "clusterrolebindings.\(rbac)",
                binding("broken", "ClusterRole", "gone", [["kind": "User", "name": "bob"]])
            ),
        ])
    }

    @Test("the reason names the binding, the role and the subject")
    func reasons() async {
        let authorizer = RBACAuthorizer(objects())
        #expect(
            await authorizer.authorize(attributes(alice, "list", "pods", namespace: "team"))
                == .allow(#"RBAC: allowed by ClusterRoleBinding "devs-read" of ClusterRole "reader" to Group "devs""#))
        #expect(
            await authorizer.authorize(attributes(alice, "update", "configmaps", namespace: "team", name: "settings"))
                == .allow(#"RBAC: allowed by RoleBinding "sa-one/team" of Role "one" to User "alice""#))
        let bot = UserInfo(name: "system:serviceaccount:team:bot")
        #expect(
            await authorizer.authorize(attributes(bot, "get", "configmaps", namespace: "team", name: "settings"))
                == .allow(#"RBAC: allowed by RoleBinding "sa-one/team" of Role "one" to ServiceAccount "bot/team""#))
    }

    @Test("a binding to a role that isn't there is told of")
    func missingRole() async {
        #expect(
            await RBACAuthorizer(objects()).authorize(attributes(UserInfo(name: "bob"), "get", "pods"))
                == .noOpinion(#"RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found"#))
    }

    @Test(
        "rules match as the original's",
        arguments: [
            ("get", "pods", "", "x", "", true), ("get", "pods/log", "", "x", "", true),
            ("get", "pods/exec", "", "x", "", false), ("watch", "pods", "", "x", "", false),
            ("get", "deployments/scale", "apps", "x", "", true), ("get", "deployments", "apps", "x", "", false),
            ("get", "configmaps", "", "team", "settings", true), ("get", "configmaps", "", "team", "other", false),
            ("get", "configmaps", "", "other", "settings", false), ("create", "configmaps", "", "team", "", false),
        ])
    func matching(_ verb: String, _ resource: String, _ group: String, _ namespace: String, _ name: String, _ may: Bool)
        async
    {
        let decision = await RBACAuthorizer(objects()).authorize(
            attributes(alice, verb, resource, group: group, namespace: namespace, name: name))
        if may { #expect(decision != .noOpinion("")) } else { #expect(decision == .noOpinion("")) }
    }

    @Test("paths match whole or up to their star")
    func paths() async {
        let authorizer = RBACAuthorizer(objects())
        for (path, may) in [("/healthz", true), ("/healthz/etcd", false), ("/metrics/x", true), ("/metrics", false)] {
            let decision = await authorizer.authorize(attributes(alice, "get", path: path))
            #expect((decision != .noOpinion("")) == may, "\(path)")
        }
    }

    @Test("a change counts from its invalidation on")
    func invalidation() async {
        let objects = objects()
        let authorizer = RBACAuthorizer(objects)
        let wanted = attributes(UserInfo(name: "carol"), "get", "pods")
        #expect(await authorizer.authorize(wanted) == .noOpinion(""))
        objects.add(
            "clusterrolebindings.\(rbac)", binding("c", "ClusterRole", "reader", [["kind": "User", "name": "carol"]]))
        #expect(await authorizer.authorize(wanted) == .noOpinion(""))
        authorizer.invalidate()
        #expect(await authorizer.authorize(wanted) != .noOpinion(""))
    }

    @Test("a user and a group of the same name are two subjects")
    func subjectKinds() async {
        let impostor = UserInfo(name: "devs", groups: [])
        #expect(await RBACAuthorizer(objects()).authorize(attributes(impostor, "get", "pods")) == .noOpinion(""))
    }

    @Test("the bootstrap roles decide as in a fresh cluster")
    func bootstrap() async {
        let authorizer = AuthorizerChain([PrivilegedGroup(), RBACAuthorizer(FakeObjects.bootstrapped())])
        let admin = UserInfo(name: "kubernetes-admin", groups: ["kubeadm:cluster-admins", "system:authenticated"])
        #expect(
            await authorizer.authorize(attributes(admin, "delete", "nodes", name: "a"))
                == .allow(
                    #"RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole "cluster-admin" to Group "kubeadm:cluster-admins""#
                ))
        #expect(await authorizer.authorize(attributes(.loopback, "x", path: "/")) == .allow(""))
        #expect(await authorizer.authorize(attributes(.anonymous, "get", path: "/version")) != .noOpinion(""))
        #expect(await authorizer.authorize(attributes(.anonymous, "get", path: "/api")) == .noOpinion(""))
        #expect(await authorizer.authorize(attributes(alice, "get", path: "/api/v1")) != .noOpinion(""))
        #expect(
            await authorizer.authorize(
                attributes(alice, "create", "selfsubjectreviews", group: "authentication.k8s.io")) != .noOpinion(""))
        let gc = UserInfo(name: "system:serviceaccount:kube-system:generic-garbage-collector")
        #expect(await authorizer.authorize(attributes(gc, "delete", "deployments", group: "apps")) != .noOpinion(""))
        #expect(await authorizer.authorize(attributes(alice, "list", "secrets", namespace: "a")) == .noOpinion(""))
    }
}

@Suite("The message of a refused request")
struct ForbiddenTests {
    @Test("it names user, verb, resource, group and namespace")
    func texts() {
        let user = UserInfo(name: "x")
        let namespaced = Forbidden.status(attributes(user, "list", "pods", namespace: "default"), reason: "")
        #expect(
            namespaced.message
                == #"pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default""#
        )
        #expect(namespaced.code == 403 && namespaced.details == ["kind": "pods"])
        let named = Forbidden.status(
            attributes(user, "patch", "deployments/scale", group: "apps", namespace: "d", name: "web"), reason: "why")
        #expect(
            named.message
                == #"deployments.apps "web" is forbidden: User "x" cannot patch resource "deployments/scale" in API group "apps" in the namespace "d": why"#
        )
        let cluster = Forbidden.status(attributes(user, "list", "nodes"), reason: "")
        #expect(
            cluster.message
                == #"nodes is forbidden: User "x" cannot list resource "nodes" in API group "" at the cluster scope"#)
        let path = Forbidden.status(attributes(UserInfo(name: "<b>"), "get", path: "/m&m"), reason: "")
        #expect(path.message == #"forbidden: User "&lt;b&gt;" cannot get path "/m&amp;m""#)
        #expect(path.json["details"] == [:])
    }
}
