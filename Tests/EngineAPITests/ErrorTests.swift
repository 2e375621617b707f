import Fault
import JSON
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import EngineAPI

@Suite("The Docker API's errors")
struct ErrorTests {
    @Test(
        "each kind of fault is one status, and its sentence the message",
        arguments: [
            (Fault.Kind.notFound, UInt(404)), (.conflict, 409), (.invalid, 400), (.unauthorized, 401), (.denied, 403),
            (.notImplemented, 501), (.unavailable, 503), (.internalFault, 500),
        ])
    func kinds(_ kind: Fault.Kind, _ status: UInt) async throws {
        try await TestAPI.with { api in
            api.backend.fail("inspectContainer", kind, "No such container: \"x\" <&>")
            let answer = try await api.send(.GET, "/containers/x/json")
            #expect(answer.status == status)
            #expect(answer.text == "{\"message\":\"No such container: \\\"x\\\" <&>\"}\n")
            #expect(answer.headers.first(name: "content-type") == "application/json")
        }
    }

    @Test("what is so already is 304, without a body")
    func unchanged() async throws {
        try await TestAPI.with { api in
            api.backend.fail("startContainer", .unchanged, "already started")
            let answer = try await api.send(.POST, "/containers/x/start")
            #expect(answer.status == 304)
            #expect(answer.text.isEmpty)
            #expect(try await api.send(.GET, "/_ping").text == "OK")
        }
    }

    @Test(
        "bad requests are 400, in dockerd's words where it has any",
        arguments: [
            (HTTPMethod.POST, "/containers/create", nil, nil, "config cannot be empty in order to create a container"),
            (
                .POST, "/containers/create", "{}", "text/plain",
                "unsupported Content-Type header (text/plain): must be 'application/json'"
            ),
            (.POST, "/containers/create", "{", "application/json", "invalid JSON: expected a member name at byte 1"),
            (.POST, "/containers/create", "[]", "application/json; charset=utf-8", "invalid JSON: expected an object"),
            (
                .POST, "/containers/create", "{} {}", "application/json",
                "invalid JSON: text after the end of the value at byte 3"
            ),
            (.POST, "/networks/create", nil, nil, "invalid JSON: got EOF while reading request body"),
            (.GET, "/containers/json?limit=x", nil, nil, "strconv.Atoi: parsing \"x\": invalid syntax"),
            (.GET, "/containers/json?filters=%5B", nil, nil, nil),
            (.GET, "/containers/json?a=%zz", nil, nil, "invalid URL escape \"%zz\""),
            (.GET, "/containers/json?a;b", nil, nil, "invalid semicolon separator in query"),
            (.GET, "/containers/x/logs", nil, nil, "Bad parameters: you must choose at least one stream"),
            (.GET, "/containers/x/logs?stdout=1&since=yesterday", nil, nil, nil),
            (.GET, "/containers/x/stats?one-shot=1", nil, nil, "cannot have stream=true and one-shot=true"),
            (.POST, "/containers/x/wait?condition=never", nil, nil, "invalid condition: \"never\""),
            (.POST, "/containers/x/resize?h=a&w=1", nil, nil, nil),
            (
                .POST, "/containers/x/start", "{\"a\":1}", "application/json",
                "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"
            ),
            (.GET, "/containers/x/archive", nil, nil, "bad parameter: path cannot be empty"),
            (.GET, "/system/df?type=unknown", nil, nil, "unknown object type: unknown"),
            (.POST, "/images/create", nil, nil, nil), (.GET, "/events?since=abc", nil, nil, nil),
        ] as [(HTTPMethod, String, String?, String?, String?)])
    func invalid(_ method: HTTPMethod, _ target: String, _ body: String?, _ type: String?, _ message: String?)
        async throws
    {
        try await TestAPI.with { api in
            let answer = try await api.send(
                method, "/v1.47" + target, body, headers: type.map { ["Content-Type": $0] } ?? [:])
            #expect(answer.status == 400, "\(answer.text)")
            if let message { #expect(answer.message == message) } else { #expect(answer.message?.isEmpty == false) }
            #expect(api.backend.calls.isEmpty)
        }
    }

    @Test("a body that is too large is 413")
    func tooLarge() async throws {
        try await TestAPI.with { api in
            let body = "{\"a\":\"" + String(repeating: "a", count: 17 << 20) + "\"}"
            let answer = try await api.send(.POST, "/containers/create", body)
            #expect(answer.status == 413)
        }
    }

    @Test("a pull that fails before its first message has a status, one that fails later an error in its stream")
    func progressErrors() async throws {
        try await TestAPI.with { api in
            api.backend.fail("pullImage.late", .internalFault, "connection reset")
            let late = try await api.send(.POST, "/images/create?fromImage=nginx")
            #expect(late.status == 200)
            #expect(late.headers.first(name: "content-type") == "application/json")
            #expect(
                late.text
                    == "{\"status\":\"Pulling\"}\r\n{\"errorDetail\":{\"message\":\"connection reset\"},\"error\":\"connection reset\"}\r\n"
            )
            api.backend.fail("pullImage", .notFound, "manifest unknown")
            let early = try await api.send(.POST, "/images/create?fromImage=nginx")
            #expect(early.status == 404)
            #expect(early.message == "manifest unknown")
        }
    }

    @Test("credentials come from X-Registry-Auth; a push refuses what can't be read")
    func registryAuth() async throws {
        try await TestAPI.with { api in
            // {"username":"ü?>"} in the URL's alphabet, which differs from the standard one here.
            let header: HTTPHeaders = ["X-Registry-Auth": "eyJ1c2VybmFtZSI6IsO8Pz4ifQ=="]
            _ = try await api.send(.POST, "/images/a/push", headers: header)
            #expect(api.backend.calls.last == #"pushImage(a, nil, {"username":"ü?>"})"#)
            let bad = try await api.send(.POST, "/images/a/push", headers: ["X-Registry-Auth": "!!"])
            #expect(bad.status == 400)
            #expect(bad.message == "invalid X-Registry-Auth header")
            #expect(
                try await api.send(.POST, "/images/create?fromImage=a", headers: ["X-Registry-Auth": "!!"]).status
                    == 200)
        }
    }

    @Test("a file's facts travel in a header as base64 JSON")
    func pathStat() async throws {
        try await TestAPI.with { api in
            api.backend.answer("statPath", ["name": "a", "size": 1])
            let answer = try await api.send(.HEAD, "/containers/x/archive?path=/a")
            let header = try #require(answer.headers.first(name: "X-Docker-Container-Path-Stat"))
            let bytes = try #require(decodeBase64(header))
            #expect(try JSON(parsing: bytes) == ["name": "a", "size": 1])
            api.backend.fail("statPath", .notFound, "Could not find the file /a in container x")
            #expect(try await api.send(.HEAD, "/containers/x/archive?path=/a").status == 404)
        }
    }
}
