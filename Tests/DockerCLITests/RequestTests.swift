import JSON
import Testing

/// Bodies and queries are those of the docker client, member for member.
@Suite struct RequestTests {
    private static func expectedBody(_ changes: String) throws -> JSON {
        var body = try JSON(parsing: Recorded.plainBody)
        for (name, value) in try JSON(parsing: changes).object ?? JSONObject() {
            let path = name.split(separator: ".", maxSplits: 1).map(String.init)
            let isGone = value.string == "<absent>"
            if path.count == 2 {
                if isGone { body[path[0]].remove(path[1]) } else { body[path[0]][path[1]] = value }
            } else if isGone {
                body.remove(name)
            } else {
                body[name] = value
            }
        }
        return body
    }

    private static func sortedBinds(_ body: JSON) -> JSON {
        var copy = body
        if let binds = body["HostConfig", "Binds"].array {
            copy["HostConfig"]["Binds"] = JSON(binds.compactMap(\.string).sorted())
        }
        return copy
    }

    @Test("create and run send what the docker client sends", arguments: Recorded.creates.indices)
    func creates(_ index: Int) async throws {
        let recorded = Recorded.creates[index]
        let daemon = ScriptedDaemon()
        let client = await Client.run(recorded.arguments, on: daemon)
        let request = try #require(daemon.requests.first, "\(client.err)")
        #expect(request.target == recorded.path)
        let expected = try Self.expectedBody(recorded.changes), sent = Self.sortedBinds(request.json)
        for name in Set((expected.object?.names ?? []) + (sent.object?.names ?? [])) where name != "HostConfig" {
            #expect(sent[name] == expected[name], "\(recorded.arguments): \(name)")
        }
        let host = expected["HostConfig"]
        for name in Set((host.object?.names ?? []) + (sent["HostConfig"].object?.names ?? [])) {
            #expect(sent["HostConfig", name] == host[name], "\(recorded.arguments): HostConfig.\(name)")
        }
        #expect(client.exitCode == 0)
    }

    @Test("other commands send what the docker client sends", arguments: Recorded.others.indices)
    func others(_ index: Int) async throws {
        let recorded = Recorded.others[index]
        let daemon = ScriptedDaemon { method, path in
            if path == "/containers/c1/json" {
                return .json(["Id": "c1", "State": ["Running": true], "Config": ["Tty": false]])
            }
            return path.hasSuffix("/exec") ? .json(["Id": "e1"], status: 201) : nil
        }
        _ = await Client.run(recorded.arguments, on: daemon)
        let requests = daemon.requests.filter { "\($0.target)" == recorded.path }
        let request = try #require(requests.first, "asked: \(daemon.requests.map(\.target))")
        #expect(request.json == (try JSON(parsing: recorded.body)))
    }

    @Test("the version is the older of ours and the daemon's")
    func negotiation() async throws {
        let old = ScriptedDaemon { _, path in
            path == "/_ping" ? ScriptedDaemon.Answer(headers: [("Api-Version", "1.44")]) : nil
        }
        let client = await Client.run(["version", "--format", "{{.Client.ApiVersion}}"], on: old)
        #expect(client.out == "1.44\n")
    }

    @Test("filters go as a map of maps")
    func filters() async throws {
        let daemon = ScriptedDaemon { _, _ in .json([]) }
        _ = await Client.run(
            ["ps", "-f", "status=running", "--filter", "label=a=b", "-f", "status=exited"], on: daemon)
        let target = try #require(daemon.requests.first?.target)
        #expect(
            target
                == "/containers/json?filters=%7B%22label%22%3A%7B%22a%3Db%22%3Atrue%7D%2C%22status%22%3A%7B%22exited%22%3Atrue%2C%22running%22%3Atrue%7D%7D"
        )
    }
}
