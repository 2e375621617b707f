/// The requests that belong to no group-version: lists of versions and groups, the server's version, and who issues
/// service accounts' tokens. Each is in a document of its own.
enum OpenAPIGeneralPaths {
    private static let meta = SchemaFile.meta

    /// By the document's path: `version`, `apis/apps`.
    static func all(groups: [String]) -> [(path: String, content: OpenAPIPath)] {
        var all = [
            entry(
                "version", tag: "version", id: "getCodeVersion", answer: "io.k8s.apimachinery.pkg.version.Info",
                .json, "get the version of the server"),
            entry(
                ".well-known/openid-configuration", tag: "WellKnown", id: "getServiceAccountIssuerOpenIDConfiguration",
                answer: nil, .json, "get the OpenID configuration of the issuer of service accounts' tokens"),
            entry(
                "openid/v1/jwks", tag: "openid", id: "getServiceAccountIssuerOpenIDKeyset", answer: nil, .keys,
                "get the public keys that verify service accounts' tokens"),
            entry(
                "api", tag: "core", id: "getCoreAPIVersions", answer: meta + "APIVersions", .object,
                "get the versions of the core group"),
            entry(
                "apis", tag: "apis", id: "getAPIVersions", answer: meta + "APIGroupList", .object, "get the groups"),
        ]
        for group in groups where !group.isEmpty {
            all.append(
                entry(
                    "apis/\(group)", tag: OpenAPIPaths.camel(group, upper: false),
                    id: "get\(OpenAPIPaths.camel(group, upper: true))APIGroup", answer: meta + "APIGroup", .object,
                    "get a group's versions"))
        }
        return all
    }

    private static func entry(
        _ path: String, tag: String, id: String, answer: String?, _ produces: OpenAPIOperation.Produces,
        _ summary: String
    ) -> (path: String, content: OpenAPIPath) {
        let operation = OpenAPIOperation(
            method: "get", id: id, action: "", kind: nil, answer: answer, produces: produces, summary: summary)
        return (path, OpenAPIPath(path: "/\(path)/", tag: tag, operations: [operation]))
    }
}
