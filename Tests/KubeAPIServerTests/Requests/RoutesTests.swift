import KubeModel
import NIOHTTP1
import Testing

@testable import KubeAPIServer

@Suite("which methods stand where")
struct RoutesTests {
    private func code(_ method: HTTPMethod, _ path: String, _ query: [(name: String, value: String)] = []) throws -> Int
    {
        let info = try #require(RequestInfo(method: method, path: path, query: QueryOptions(query)))
        let resource = try #require(
            Schema.builtIn.resources.first {
                $0.plural == info.resource && $0.groupVersion.group == info.group
            })
        do throws(APIStatus) {
            try Routes.check(info, resource)
            return 200
        } catch {
            return error.code
        }
    }

    @Test(
        "objects of all namespaces can be read together and not changed",
        arguments: [
            ("GET", "/api/v1/pods", 200), ("DELETE", "/api/v1/pods", 405), ("POST", "/api/v1/pods", 405),
            ("GET", "/api/v1/pods/a", 404), ("DELETE", "/api/v1/namespaces/a/pods", 200),
            ("DELETE", "/api/v1/nodes", 200), ("DELETE", "/api/v1/namespaces", 405),
            ("POST", "/api/v1/namespaces", 201),
            ("GET", "/api/v1/namespaces/a/namespaces", 404), ("GET", "/api/v1/namespaces/a", 200),
            ("POST", "/api/v1/namespaces/a/pods/b", 405), ("PUT", "/api/v1/namespaces/a/pods", 405),
            ("PATCH", "/api/v1/namespaces/a/pods", 405), ("GET", "/api/v1/namespaces/a/pods/b/binding", 405),
            ("POST", "/api/v1/namespaces/a/pods/b/binding", 201), ("GET", "/api/v1/namespaces/a/pods/b/log", 200),
        ] as [(String, String, Int)])
    func methods(_ method: String, _ path: String, _ expected: Int) throws {
        #expect(try code(HTTPMethod(rawValue: method), path) == (expected == 201 ? 200 : expected))
    }

    @Test("a path that names an object only reads it, whatever the query says")
    func noWatchOfOne() throws {
        let info = try #require(
            RequestInfo(method: .GET, path: "/api/v1/namespaces/a/pods/b", query: QueryOptions([("watch", "1")])))
        #expect(info.verb == "get" && info.name == "b")
    }

    @Test(
        "options that don't go together are refused",
        arguments: [
            (
                false, [("sendInitialEvents", "true")],
                "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"
            ),
            (
                false, [("resourceVersionMatch", "Foo"), ("resourceVersion", "1")],
                #"resourceVersionMatch: Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", """#
            ),
            (
                true, [("continue", "x")],
                "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided"
            ),
            (
                true, [("sendInitialEvents", "1")],
                "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            ),
        ] as [(Bool, [(String, String)], String)])
    func options(_ isWatch: Bool, _ query: [(String, String)], _ why: String) {
        let asked = QueryOptions(query.map { (name: $0.0, value: $0.1) })
        do throws(APIStatus) {
            try ListOptions.check(asked, isWatch: isWatch)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.message == "ListOptions.meta.k8s.io \"\" is invalid: \(why)")
        }
    }
}
