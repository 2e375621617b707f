import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("Access reviews")
struct AccessReviewTests {
    private var reviews: AccessReviews {
        let objects = FakeObjects.bootstrapped()
        objects.add(
            "clusterrolebindings.rbac.authorization.k8s.io",
            [
                "metadata": ["name": "v"], "subjects": [["kind": "User", "name": "ann"]],
                "roleRef": ["kind": "ClusterRole", "name": "system:aggregate-to-view"],
            ])
        let rbac = RBACAuthorizer(objects)
        return AccessReviews(
            authorizer: AuthorizerChain([PrivilegedGroup(), NodeAuthorizer(objects), rbac]), rbac: rbac)
    }

    private func message(_ body: () async throws(APIStatus) -> JSON) async -> String? {
        do throws(APIStatus) {
            _ = try await body()
            return nil
        } catch {
            return error.message
        }
    }

    @Test("a subject is judged by the server's own authorizers")
    func subject() async throws {
        let review: JSON = [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": [:],
            "spec": ["user": "ann", "resourceAttributes": ["verb": "list", "resource": "pods", "namespace": "d"]],
        ]
        let answer = try await reviews.subjectAccessReview(review)
        #expect(answer["spec"] == review["spec"])
        #expect(
            answer["status"] == [
                "allowed": true,
                "reason":
                    #"RBAC: allowed by ClusterRoleBinding "v" of ClusterRole "system:aggregate-to-view" to User "ann""#,
            ])
        let refused = try await reviews.selfSubjectAccessReview(
            ["spec": ["resourceAttributes": ["verb": "delete", "resource": "pods"]]], user: UserInfo(name: "ann"))
        #expect(refused["status"] == ["allowed": false])
    }

    @Test("paths and selectors are asked about too")
    func pathsAndSelectors() async throws {
        let path = try await reviews.selfSubjectAccessReview(
            ["spec": ["nonResourceAttributes": ["verb": "get", "path": "/version"]]], user: .anonymous)
        #expect(path["status", "allowed"] == true)
        let node = UserInfo(name: "system:node:n1", groups: ["system:nodes"])
        func ask(_ selector: JSON) async throws -> JSON {
            try await reviews.selfSubjectAccessReview(
                ["spec": ["resourceAttributes": ["verb": "list", "resource": "pods", "fieldSelector": selector]]],
                user: node)["status"]
        }
        #expect(try await ask(["rawSelector": "spec.nodeName=n1"])["allowed"] == true)
        #expect(
            try await ask(["requirements": [["key": "spec.nodeName", "operator": "In", "values": ["n1"]]]])["allowed"]
                == true)
        let broken = try await ask(["requirements": [["key": "a", "operator": "Exists"]]])
        #expect(broken["allowed"] == false)
        #expect(
            broken["evaluationError"] == "spec.resourceAttributes.fieldSelector ignored due to parse error")
    }

    @Test("faults are told in the original's words")
    func faults() async {
        #expect(
            await message { () async throws(APIStatus) in try await reviews.subjectAccessReview(["spec": ["user": "a"]])
            }
                == #".authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"#
        )
        let attributes: JSON = ["verb": "get", "resource": "pods", "namespace": "d"]
        #expect(
            await message { () async throws(APIStatus) in
                try await reviews.subjectAccessReview(["spec": ["resourceAttributes": attributes]])
            }?.hasSuffix(#"spec.user: Invalid value: "": at least one of user or group must be specified"#) == true)
        let local: JSON = [
            "metadata": ["namespace": "e"], "spec": ["user": "a", "resourceAttributes": attributes],
        ]
        #expect(
            await message { () async throws(APIStatus) in
                try await reviews.localSubjectAccessReview(local, namespace: "e")
            }?.hasSuffix(#"Invalid value: "d": must match metadata.namespace"#) == true)
        #expect(
            await message { () async throws(APIStatus) in try reviews.selfSubjectRulesReview([:], user: .anonymous) }
                == "no namespace on request")
    }

    @Test("the rules of a user are listed")
    func rules() throws {
        let user = UserInfo(name: "bob", groups: ["system:authenticated"])
        let status = try reviews.selfSubjectRulesReview(["spec": ["namespace": "d"]], user: user)["status"]
        #expect(status["incomplete"] == false && status["evaluationError"].isNull)
        #expect(
            status["resourceRules"].array?.contains([
                "verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"],
            ]) == true)
        #expect(status["nonResourceRules"].array?.count == 2)
        let node = UserInfo(name: "system:node:n", groups: ["system:nodes"])
        let incomplete = try reviews.selfSubjectRulesReview(["spec": ["namespace": "d"]], user: node)["status"]
        #expect(
            incomplete["incomplete"] == true
                && incomplete["evaluationError"] == "node authorizer does not support user rule resolution")
    }
}

@Suite("Identity reviews")
struct IdentityReviewTests {
    private func reviews() throws -> IdentityReviews {
        IdentityReviews(
            tokens: TokenChain([try StaticTokenFile(csv: "t,ann,7,devs", path: "f")]), audiences: ["api"],
            clock: { 1_800_000_000 })
    }

    @Test("a token's user is told")
    func tokenReview() async throws {
        let answer = try await reviews().tokenReview(["spec": ["token": "t"]])
        #expect(
            answer["status"] == [
                "authenticated": true,
                "user": ["username": "ann", "uid": "7", "groups": ["devs", "system:authenticated"]],
                "audiences": ["api"],
            ])
        let wrong = try await reviews().tokenReview(["spec": ["token": "x"]])
        #expect(wrong["status"] == ["user": [:], "error": "invalid bearer token"])
        await #expect(throws: APIStatus.self) { _ = try await reviews().tokenReview(["spec": [:]]) }
    }

    @Test("who am I")
    func whoAmI() throws {
        let user = UserInfo(name: "ann", groups: ["devs"], extra: ["a": ["b"]])
        let answer = try reviews().selfSubjectReview(["apiVersion": "authentication.k8s.io/v1"], user: user)
        #expect(answer["status", "userInfo"] == ["username": "ann", "groups": ["devs"], "extra": ["a": ["b"]]])
        #expect(answer["metadata", "creationTimestamp"] == "2027-01-15T08:00:00Z")
    }
}
