import Fault
import JSON
import NIOHTTP1
import Testing

@testable import EngineAPI

@Suite("The Docker API's routes")
struct RouteTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let method: HTTPMethod, target: String, body: String?, status: UInt, call: String
        var testDescription: String { "\(method) \(target)" }

        init(_ method: HTTPMethod, _ target: String, _ body: String?, _ status: UInt, _ call: String) {
            self.method = method
            self.target = target
            self.body = body
            self.status = status
            self.call = call
        }

        init(_ method: HTTPMethod, _ target: String, _ status: UInt, _ call: String) {
            self.init(method, target, nil, status, call)
        }
    }

    @Test(
        "each asks the backend for its own, with its parameters",
        arguments: [
            Case(
                .GET, "/containers/json?all=1&limit=2&size=true&filters=%7B%22status%22%3A%5B%22running%22%5D%7D", 200,
                #"listContainers(true, 2, true, {"status":["running"]})"#),
            Case(.GET, "/containers/json?all=false&limit=0&size=None", 200, "listContainers(false, nil, false, {})"),
            Case(
                .POST, "/containers/create?name=web&platform=linux/arm64", #"{"Image":"nginx"}"#, 201,
                #"createContainer(web, linux/arm64, {"Image":"nginx"})"#),
            Case(.GET, "/containers/web/json", 200, "inspectContainer(web, false)"),
            Case(.POST, "/containers/web/start", 204, "startContainer(web, nil)"),
            Case(.POST, "/containers/web/stop?t=5&signal=SIGINT", 204, "stopContainer(web, SIGINT, 5)"),
            Case(.POST, "/containers/web/stop?t=-1", 204, "stopContainer(web, nil, -1)"),
            Case(.POST, "/containers/web/restart", 204, "restartContainer(web, nil, nil)"),
            Case(.POST, "/containers/web/kill?signal=9", 204, "killContainer(web, 9)"),
            Case(.POST, "/containers/web/pause", 204, "pauseContainer(web)"),
            Case(.POST, "/containers/web/unpause", 204, "unpauseContainer(web)"),
            Case(.POST, "/containers/web/rename?name=other", 204, "renameContainer(web, other)"),
            Case(.POST, "/containers/web/update", #"{"Memory":1}"#, 200, #"updateContainer(web, {"Memory":1})"#),
            Case(.POST, "/containers/web/resize?h=24&w=80", 200, "resizeContainer(web, 24, 80)"),
            Case(.DELETE, "/containers/web?force=1&v=1", 204, "removeContainer(web, true, true, false)"),
            Case(.GET, "/containers/web/top?ps_args=aux", 200, "topContainer(web, aux)"),
            Case(.GET, "/containers/web/top", 200, "topContainer(web, -ef)"),
            Case(.GET, "/containers/web/changes", 200, "containerChanges(web)"),
            Case(.GET, "/containers/web/export", 200, "exportContainer(web)"),
            Case(.GET, "/containers/web/stats?stream=false&one-shot=true", 200, "containerStats(web, false, true)"),
            Case(.GET, "/containers/web/archive?path=/etc/a%20b", 200, "getArchive(web, /etc/a b)"),
            Case(.HEAD, "/containers/web/archive?path=/etc", 200, "statPath(web, /etc)"),
            Case(
                .PUT, "/containers/web/archive?path=/etc&noOverwriteDirNonDir=true", "tar", 200,
                "putArchive(web, /etc, true, false)"),
            Case(
                .GET, "/images/search?term=ng&limit=3&filters=%7B%22stars%22%3A%5B%222%22%5D%7D", 200,
                #"searchImages(ng, 3, {"stars":["2"]}, null)"#),
            Case(.GET, "/distribution/a/b:c/json", 200, "inspectDistribution(a/b:c, null)"),
            Case(.POST, "/containers/prune", 200, "pruneContainers({})"),
            Case(.POST, "/containers/web/exec", #"{"Cmd":["a"]}"#, 201, #"createExec(web, {"Cmd":["a"]})"#),
            Case(.POST, "/exec/e1/start", #"{"Detach":true}"#, 200, #"startExec(e1, {"Detach":true})"#),
            Case(.POST, "/exec/e1/resize?h=1&w=2", 200, "resizeExec(e1, 1, 2)"),
            Case(.GET, "/exec/e1/json", 200, "inspectExec(e1)"),
            Case(.GET, "/images/json?digests=1", 200, "listImages(false, true, false, false, {})"),
            Case(.GET, "/images/localhost:5000/team/app:1/json", 200, "inspectImage(localhost:5000/team/app:1, nil)"),
            Case(.GET, "/images/team%2Fapp/history", 200, "imageHistory(team/app, nil)"),
            Case(.POST, "/images/create?fromImage=nginx&tag=1.27", 200, "pullImage(nginx:1.27, nil, null)"),
            Case(.POST, "/images/create?fromImage=nginx&tag=sha256:ab", 200, "pullImage(nginx@sha256:ab, nil, null)"),
            Case(
                .POST, "/images/create?fromSrc=-&repo=a&tag=b&message=m&changes=ENV+A%3D1&changes=CMD+x", "tar", 200,
                #"importImage(a:b, m, ["ENV A=1", "CMD x"], nil)"#),
            Case(.GET, "/images/get?names=a&names=b", 200, #"saveImages(["a", "b"], nil)"#),
            Case(.GET, "/images/team/app/get", 200, #"saveImages(["team/app"], nil)"#),
            Case(.POST, "/images/load?quiet=1", "tar", 200, "loadImages(true)"),
            Case(.POST, "/images/team/app/push?tag=1", 200, "pushImage(team/app:1, nil, null)"),
            Case(.POST, "/images/a/tag?repo=b&tag=c", 201, "tagImage(a, b, c)"),
            Case(.DELETE, "/images/team/app?force=1&noprune=1", 200, "removeImage(team/app, true, false)"),
            Case(.POST, "/images/prune", 200, "pruneImages({})"),
            Case(
                .POST, "/commit?container=web&repo=r&tag=t&comment=c&author=a&pause=0&changes=x", "{}", 201,
                #"commitContainer(web, r:t, a, c, false, ["x"], {})"#),
            Case(
                .POST, "/build?t=a:1&dockerfile=D&target=t&nocache=1&buildargs=%7B%22A%22:%22x%22%7D&memory=5", "tar",
                200,
                ##"build(D, ["a:1"], t, false, x, {"Memory":5})"##),
            Case(.POST, "/build/prune?all=1&keep-storage=7", 200, "pruneBuildCache(true, 7, {})"),
            Case(.POST, "/commit?container=web", 201, "commitContainer(web, nil, , , true, [], null)"),
            Case(.POST, "/auth", #"{"username":"u"}"#, 200, #"checkRegistryAuth({"username":"u"})"#),
            Case(.GET, "/networks", 200, "listNetworks({})"),
            Case(.POST, "/networks/create", #"{"Name":"n"}"#, 201, #"createNetwork({"Name":"n"})"#),
            Case(.GET, "/networks/n?verbose=true", 200, "inspectNetwork(n, true)"),
            Case(.DELETE, "/networks/n", 204, "removeNetwork(n)"),
            Case(.POST, "/networks/n/connect", #"{"Container":"c"}"#, 200, #"connectNetwork(n, {"Container":"c"})"#),
            Case(
                .POST, "/networks/n/disconnect", #"{"Container":"c"}"#, 200, #"disconnectNetwork(n, {"Container":"c"})"#
            ),
            Case(.POST, "/networks/prune", 200, "pruneNetworks({})"),
            Case(.GET, "/volumes", 200, "listVolumes({})"),
            Case(.POST, "/volumes/create", #"{"Name":"v"}"#, 201, #"createVolume({"Name":"v"})"#),
            Case(.POST, "/volumes/create", 201, "createVolume({})"),
            Case(.GET, "/volumes/v", 200, "inspectVolume(v)"),
            Case(.DELETE, "/volumes/v?force=true", 204, "removeVolume(v, true)"),
            Case(.POST, "/volumes/prune", 200, "pruneVolumes({})"),
            Case(.GET, "/info", 200, "info()"),
            Case(.GET, "/version", 200, "version()"),
            Case(.GET, "/system/df?type=image&type=volume", 200, #"diskUsage(["image", "volume"])"#),
            Case(
                .GET, "/events?since=1700000000.5&until=1700000001", 200,
                "events(1700000000500000000, 1700000001000000000, {})"),
        ])
    func route(_ expected: Case) async throws {
        try await TestAPI.with { api in
            for prefix in ["", "/v1.44", "/v1.51"] {
                let answer = try await api.send(expected.method, prefix + expected.target, expected.body)
                #expect(answer.status == expected.status, "\(answer.text)")
                #expect(api.backend.calls.last { !$0.hasSuffix(".late()") } == expected.call)
                #expect(answer.headers.first(name: "api-version") == "1.51")
                if expected.status == 204 { #expect(answer.text.isEmpty) }
            }
        }
    }

    @Test(
        "what this daemon has no part for says so",
        arguments: [
            (HTTPMethod.POST, "/build?version=2", UInt(501)), (.POST, "/session", 501),
            (.GET, "/swarm", 503), (.GET, "/nodes", 503), (.GET, "/services/x/logs", 503),
            (.POST, "/secrets/create", 503),
            (.GET, "/configs", 503), (.GET, "/tasks", 503), (.POST, "/swarm/init", 501), (.POST, "/swarm/leave", 503),
            (.GET, "/plugins", 200), (.GET, "/plugins/x/json", 404), (.POST, "/plugins/pull", 501),
            (.GET, "/nowhere", 404),
            (.DELETE, "/info", 404), (.GET, "/", 404), (.GET, "/containers/", 404),
        ])
    func unavailable(_ method: HTTPMethod, _ target: String, _ status: UInt) async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(method, "/v1.47" + target)
            #expect(answer.status == status)
            if status >= 400 { #expect(answer.message?.isEmpty == false) }
            #expect(api.backend.calls.isEmpty)
        }
    }

    @Test("ping tells a client all it negotiates with, to GET and HEAD alike")
    func ping() async throws {
        try await TestAPI.with { api in
            for method in [HTTPMethod.GET, .HEAD] {
                let answer = try await api.send(method, "/_ping")
                #expect(answer.status == 200)
                #expect(answer.text == (method == .GET ? "OK" : ""))
                for (name, value) in [
                    ("Api-Version", "1.51"), ("Docker-Experimental", "false"), ("Ostype", "linux"),
                    ("Builder-Version", "1"),
                    ("Cache-Control", "no-cache, no-store, must-revalidate"), ("Pragma", "no-cache"),
                    ("Server", "Hakobune/1.2.3 (linux)"), ("Swarm", "inactive"),
                ] {
                    #expect(answer.headers.first(name: name) == value, "\(name)")
                }
            }
        }
    }

    @Test("versions outside the range are refused in dockerd's words")
    func versions() async throws {
        try await TestAPI.with { api in
            let new = try await api.send(.GET, "/v1.99/info")
            #expect(new.status == 400)
            #expect(new.message == "client version 1.99 is too new. Maximum supported API version is 1.51")
            let old = try await api.send(.GET, "/v1.43/info")
            #expect(old.status == 400)
            #expect(
                old.message
                    == "client version 1.43 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version"
            )
            #expect(try await api.send(.GET, "/v1/info").status == 404)
            #expect(try await api.send(.GET, "/v1.x/info").status == 404)
        }
    }

    @Test("an image's inspection has the members that older clients read")
    func olderShapes() async throws {
        try await TestAPI.with { api in
            api.backend.answer("inspectImage", ["Id": "sha256:1", "Config": ["Cmd": ["sh"]]])
            let old = try await api.send(.GET, "/v1.44/images/x/json").json
            #expect(old["ContainerConfig", "Hostname"].string == "")
            #expect(old["Config", "AttachStdin"].bool == false)
            let middle = try await api.send(.GET, "/v1.47/images/x/json").json
            #expect(middle["ContainerConfig"].isNull)
            #expect(middle["Config", "AttachStdin"].bool == false)
            let new = try await api.send(.GET, "/v1.51/images/x/json").json
            #expect(new["Config"].object?.names == ["Cmd"])
        }
    }
}
