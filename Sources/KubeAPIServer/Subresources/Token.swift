import JSON
import KubeModel

extension Subresources {
    /// Issues a token of a service account.
    func token() async throws(APIStatus) -> Answer {
        var asked = try await decode("authentication.k8s.io/v1", "TokenRequest")
        AllKinds.rules(group: "authentication.k8s.io", kind: "TokenRequest").defaults(&asked)
        var warnings: [String] = []
        let answer = try parts.tokens.create(
            asked, namespace: verbs.namespace, account: verbs.name, warnings: &warnings)
        request.warnings.add(warnings)
        return .tree(code: 201, answer)
    }
}
