import JSON
import KubeModel

@testable import KubeAPIServer

/// What a plugin makes of a request: the object as it leaves it and its warnings, or the refusal.
struct Verdict {
    var object: JSON = .null
    var warnings: [String] = []
    var refusal: APIStatus?

    var message: String? { refusal?.message }
}

let developer = UserInfo(name: "dev", groups: ["system:authenticated"])

/// - Parameter resource: `pods`, `deployments.apps`, `pods/binding`.
func request(
    _ operation: AdmissionRequest.Operation, _ resource: String, _ object: JSON, old: JSON = .null,
    namespace: String = "team", name: String? = nil, user: UserInfo = developer, isDryRun: Bool = false
) -> AdmissionRequest {
    let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
    let qualified = parts[0].split(separator: ".", maxSplits: 1).map(String.init)
    let kind = qualified[0].hasSuffix("ies") ? "\(qualified[0].dropLast(3))y" : String(qualified[0].dropLast())
    let type = APIResource(
        groupVersion: GroupVersion(qualified.count > 1 ? qualified[1] : "", "v1"),
        kind: kind.prefix(1).uppercased() + kind.dropFirst(), plural: qualified[0], singular: kind,
        isNamespaced: !namespace.isEmpty, verbs: [], type: SchemaType())
    return AdmissionRequest(
        operation: operation, resource: type, subresource: parts.count > 1 ? parts[1] : "", namespace: namespace,
        name: name ?? object["metadata", "name"].string ?? old["metadata", "name"].string ?? "", user: user,
        object: object, old: old, options: .null, isDryRun: isDryRun)
}

/// Runs both phases.
func admit(_ plugin: some AdmissionPlugin, _ request: AdmissionRequest, _ objects: FakeObjects = FakeObjects()) async
    -> Verdict
{
    var request = request
    do throws(APIStatus) {
        try await plugin.mutate(&request, objects)
        try await plugin.validate(&request, objects)
        return Verdict(object: request.object, warnings: request.warnings)
    } catch {
        return Verdict(refusal: error)
    }
}

func pod(_ spec: JSON = ["containers": [["name": "c", "image": "i"]]], name: String = "web") -> JSON {
    ["metadata": ["name": .string(name), "namespace": "team"], "spec": spec]
}

/// Refuses everybody but the listed users.
struct OnlyUsers: Authorizer {
    let names: Set<String>

    func authorize(_ request: RequestAttributes) async -> AccessDecision {
        names.contains(request.user.name) ? .allow("") : .noOpinion("")
    }
}
