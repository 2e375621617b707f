import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

/// Allows what is listed: `VERB GROUP RESOURCE[/SUBRESOURCE] NAMESPACE NAME`, with `-` for "".
private struct Listed: Authorizer {
    let allowed: Set<String>

    func authorize(_ request: RequestAttributes) async -> AccessDecision {
        func text(_ value: String) -> String { value.isEmpty ? "-" : value }
        let resource = request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)"
        let line =
            "\(request.verb) \(text(request.group)) \(resource) \(text(request.namespace)) \(text(request.name))"
        return allowed.contains(line) ? .allow("listed") : .noOpinion("")
    }
}

@Suite("Impersonation")
struct ImpersonationTests {
    private let admin = UserInfo(name: "admin", groups: ["system:authenticated"])

    private func outcome(
        _ allowed: Set<String>, user: UserInfo? = nil, _ headers: (name: String, value: String)...
    ) async -> Result<UserInfo, APIStatus> {
        let request = attributes(user ?? admin, "list", "pods", namespace: "d")
        do throws(APIStatus) {
            return .success(
                try await Impersonation(Listed(allowed: allowed)).user(
                    for: ImpersonationHeaders(headers), request: request))
        } catch {
            return .failure(error)
        }
    }

    @Test("without headers the user stays")
    func none() async throws { #expect(try await outcome([], ("Accept", "x")).get() == admin) }

    @Test("the old verb lets a user be another, with groups and extra")
    func legacy() async throws {
        let user = try await outcome(
            [
                "impersonate - users - bob", "impersonate - groups - devs",
                "impersonate authentication.k8s.io userextras/example.com/scope - view",
                "impersonate authentication.k8s.io uids - 7",
            ], ("impersonate-user", "bob"), ("Impersonate-Group", "devs"), ("Impersonate-Uid", "7"),
            ("Impersonate-Extra-Example.com%2Fscope", "view")
        ).get()
        #expect(
            user
                == UserInfo(
                    name: "bob", uid: "7", groups: ["devs", "system:authenticated"],
                    extra: ["example.com/scope": ["view"]]))
    }

    @Test("a service account gets its own groups")
    func serviceAccount() async throws {
        let user = try await outcome(
            ["impersonate - serviceaccounts team bot"], ("Impersonate-User", "system:serviceaccount:team:bot")
        ).get()
        #expect(
            user.groups == ["system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"])
    }

    @Test("anonymous is unauthenticated")
    func anonymous() async throws {
        let user = try await outcome(
            ["impersonate - users - system:anonymous"], ("Impersonate-User", "system:anonymous")
        ).get()
        #expect(user == .anonymous)
    }

    @Test("a refusal names what is missing")
    func refusal() async {
        guard case .failure(let status) = await outcome(["impersonate - users - bob"], ("Impersonate-User", "eve"))
        else {
            Issue.record("allowed")
            return
        }
        #expect(
            status.message
                == #"pods is forbidden: User "admin" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "d""#
        )
    }

    @Test("groups without a user are a bad request")
    func noUser() async {
        guard case .failure(let status) = await outcome([], ("Impersonate-Group", "system:masters")) else {
            Issue.record("allowed")
            return
        }
        #expect(
            status.message
                == #"requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"system:masters"}, Extra:map[string][]string(nil)} without impersonating a user name"#
        )
        #expect(status.code == 400)
    }

    @Test("constrained impersonation is for some requests, and never for system:masters")
    func constrained() async throws {
        let allowed: Set<String> = [
            "impersonate-on:user-info:list - pods d -", "impersonate:user-info authentication.k8s.io users - bob",
            "impersonate:user-info authentication.k8s.io groups - system:masters",
        ]
        #expect(try await outcome(allowed, ("Impersonate-User", "bob")).get().name == "bob")
        guard
            case .failure(let status) = await outcome(
                allowed, ("Impersonate-User", "bob"), ("Impersonate-Group", "system:masters"))
        else {
            Issue.record("allowed")
            return
        }
        #expect(status.message.hasSuffix("impersonating the system:masters group is not allowed"))
    }

    @Test("a service account may be the node that it runs on")
    func associatedNode() async throws {
        let agent = UserInfo(
            name: "system:serviceaccount:kube-system:agent",
            extra: ["authentication.kubernetes.io/node-name": ["n1"]])
        let allowed: Set<String> = [
            "impersonate-on:associated-node:list - pods d -",
            "impersonate:associated-node authentication.k8s.io nodes - *",
        ]
        let user = try await outcome(allowed, user: agent, ("Impersonate-User", "system:node:n1")).get()
        #expect(user.name == "system:node:n1" && user.groups == ["system:nodes", "system:authenticated"])
        let other = await outcome(allowed, user: agent, ("Impersonate-User", "system:node:n2"))
        #expect(throws: APIStatus.self) { try other.get() }
    }
}
