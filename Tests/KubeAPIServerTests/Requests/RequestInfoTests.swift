import NIOHTTP1
import Testing

@testable import KubeAPIServer

@Suite("a request's meaning")
struct RequestInfoTests {
    private func info(_ method: HTTPMethod, _ path: String, _ query: [(name: String, value: String)] = [])
        -> RequestInfo?
    {
        RequestInfo(method: method, path: path, query: QueryOptions(query))
    }

    @Test(
        "paths and methods become verbs on resources",
        arguments: [
            ("GET", "/api/v1/pods", "list", "", "v1", "", "pods", "", ""),
            ("GET", "/api/v1/namespaces/a/pods/b", "get", "", "v1", "a", "pods", "b", ""),
            ("POST", "/api/v1/namespaces/a/pods/b/exec", "create", "", "v1", "a", "pods", "b", "exec"),
            ("GET", "/api/v1/namespaces/a", "get", "", "v1", "a", "namespaces", "a", ""),
            ("PUT", "/api/v1/namespaces/a/finalize", "update", "", "v1", "a", "namespaces", "a", "finalize"),
            ("PATCH", "/api/v1/namespaces/a/status", "patch", "", "v1", "a", "namespaces", "a", "status"),
            (
                "DELETE", "/apis/apps/v1/namespaces/a/deployments", "deletecollection", "apps", "v1", "a",
                "deployments", "", ""
            ),
            ("DELETE", "/apis/apps/v1/namespaces/a/deployments/d", "delete", "apps", "v1", "a", "deployments", "d", ""),
            (
                "PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", "patch", "apps", "v1", "a", "deployments",
                "d", "scale"
            ),
            ("GET", "/api/v1/watch/namespaces/a/pods", "watch", "", "v1", "a", "pods", "", ""),
        ] as [(String, String, String, String, String, String, String, String, String)])
    func resources(
        _ row: (
            method: String, path: String, verb: String, group: String, version: String, namespace: String,
            resource: String, name: String, subresource: String
        )
    ) throws {
        let found = try #require(info(HTTPMethod(rawValue: row.method), row.path))
        #expect(found.isResource)
        #expect(found.verb == row.verb)
        #expect([found.group, found.version, found.namespace] == [row.group, row.version, row.namespace])
        #expect([found.resource, found.name, found.subresource] == [row.resource, row.name, row.subresource])
    }

    @Test("paths without a resource are authorized by their method and path")
    func pages() throws {
        for path in ["/", "/healthz", "/api", "/api/v1", "/apis/apps", "/apis/apps/v1", "/openapi/v3/apis/apps/v1"] {
            let found = try #require(info(.GET, path))
            #expect(!found.isResource && found.verb == "get" && found.path == path)
        }
    }

    @Test("a watch of one name by field selector is a watch of that name")
    func singleName() throws {
        let found = try #require(
            info(.GET, "/api/v1/namespaces/a/pods", [("watch", "true"), ("fieldSelector", "metadata.name=b")]))
        #expect(found.verb == "watch" && found.name == "b")
    }

    @Test(
        "paths that climb or hide a slash name nothing",
        arguments: [
            "/api/v1/..", "/api/v1/namespaces/%2e%2e/pods",
            "/api/v1/namespaces/a%2fb/pods", "/api/v1/namespaces/%zz", "/api/v1/pods/a%00b",
        ])
    func tricks(_ path: String) { #expect(info(.GET, path) == nil) }
}
