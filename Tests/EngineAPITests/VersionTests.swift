import JSON
import NIOHTTP1
import Testing

@testable import EngineAPI

@Suite struct VersionTests {
    @Test("manifests are listed since API 1.47")
    func manifests() async throws {
        try await TestAPI.with { api in
            for (version, isListed) in [("v1.46", false), ("v1.47", true)] {
                _ = try await api.send(.GET, "/\(version)/images/json?manifests=1")
                #expect(api.backend.calls.last == "listImages(false, false, false, \(isListed), {})")
            }
        }
    }

    @Test("what a container can't ask for in an older version is refused, or taken out, as by dockerd")
    func oldCreations() async throws {
        try await TestAPI.with { api in
            func create(_ version: String, _ body: String) async throws -> String {
                try await api.send(.POST, "/\(version)/containers/create", body).text
            }
            let image = #"{"Image":"a","HostConfig":{"Mounts":[{"Type":"image","Source":"b","Target":"/b"}]}}"#
            #expect(try await create("v1.47", image).contains(#"Mount type \"Image\" needs API v1.48 or newer"#))
            #expect(try await !create("v1.48", image).contains("newer"))
            let part =
                #"{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Target":"/b","VolumeOptions":{"Subpath":"c"}}]}}"#
            #expect(try await create("v1.44", part).contains("VolumeOptions.Subpath needs API v1.45 or newer"))
            #expect(try await !create("v1.45", part).contains("newer"))
            let priority = #"{"Image":"a","NetworkingConfig":{"EndpointsConfig":{"n":{"GwPriority":7}}}}"#
            _ = try await create("v1.47", priority)
            #expect(api.backend.calls.last?.contains(#""GwPriority":0"#) == true)
            _ = try await create("v1.48", priority)
            #expect(api.backend.calls.last?.contains(#""GwPriority":7"#) == true)
        }
    }

    private static let platform =
        "%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm%22%2C%22variant%22%3A%22v7%22%7D"

    @Test(
        "platforms are heeded from the version on that has them",
        arguments: [
            (HTTPMethod.GET, "/images/a/history", "imageHistory(a, ", 48),
            (.GET, "/images/a/json", "inspectImage(a, ", 49), (.GET, "/images/a/get", #"saveImages(["a"], "#, 48),
        ])
    func platforms(_ method: HTTPMethod, _ path: String, _ call: String, _ minor: Int) async throws {
        try await TestAPI.with { api in
            for (version, shown) in [(minor - 1, "nil)"), (minor, "linux/arm/v7)")] {
                _ = try await api.send(method, "/v1.\(version)\(path)?platform=\(Self.platform)")
                #expect(api.backend.calls.contains(call + shown), "\(api.backend.calls)")
            }
        }
    }

    @Test("info has what its version has")
    func info() async throws {
        try await TestAPI.with { api in
            api.backend.answer(
                "info",
                [
                    "RuncCommit": ["ID": "1"], "FirewallBackend": ["Driver": "nftables"],
                    "RegistryConfig": ["Mirrors": []],
                ])
            func info(_ version: String) async throws -> JSON { try await api.send(.GET, "/\(version)/info").json }
            let newest = try await info("v1.51")
            #expect(newest.object?.names == ["RuncCommit", "FirewallBackend", "RegistryConfig"])
            #expect(newest["RuncCommit"] == ["ID": "1"])
            let v49 = try await info("v1.49")
            #expect(v49["BridgeNfIptables"] == false && v49["BridgeNfIp6tables"] == false)
            #expect(v49["FirewallBackend"]["Driver"] == "nftables" && v49["RuncCommit"]["Expected"].isNull)
            let v48 = try await info("v1.48")
            #expect(v48["RuncCommit"] == ["ID": "1", "Expected": "1"] && v48["FirewallBackend"].isNull)
            #expect(v48["RegistryConfig"].object?.names == ["Mirrors"])
            #expect(try await info("v1.46")["RegistryConfig"].object?.names.count == 3)
        }
    }

    @Test("lists and inspections have what their versions have")
    func shapes() throws {
        let versions = Dictionary(uniqueKeysWithValues: (44...51).map { ($0, APIVersion(major: 1, minor: $0)) })
        let v44 = try #require(versions[44]), v45 = try #require(versions[45]), v46 = try #require(versions[46])
        let v47 = try #require(versions[47]), v48 = try #require(versions[48])
        let v50 = try #require(versions[50]), v51 = try #require(versions[51])
        let listed: [JSON] = [["Id": "a", "HostConfig": ["NetworkMode": "bridge", "Annotations": ["a": "b"]]]]
        #expect(v45.containerList(listed)[0]["HostConfig"] == ["NetworkMode": "bridge"])
        #expect(v46.containerList(listed) == listed)
        let container: JSON = [
            "Id": "0123456789abcdef", "Config": ["Hostname": "h"],
            "NetworkSettings": ["Networks": ["bridge": ["Aliases": nil], "mine": ["Aliases": ["web", "h"]]]],
        ]
        let old = v44.containerInspection(container)["NetworkSettings"]["Networks"]
        #expect(old["mine"]["Aliases"] == ["web", "h", "0123456789ab"] && old["bridge"]["Aliases"].isNull)
        #expect(v45.containerInspection(container) == container)
        #expect(v50.imageList([["Containers": 3]]) == [["Containers": -1]])
        #expect(v51.imageList([["Containers": 3]]) == [["Containers": 3]])
        #expect(v47.networkCreation(["Name": "n", "EnableIPv4": false]) == ["Name": "n"])
        #expect(v48.networkCreation(["EnableIPv4": false]) == ["EnableIPv4": false])
        let event: JSON = ["Type": "image", "Action": "create"]
        #expect(!v45.shows(event) && v46.shows(event) && v45.shows(["Type": "image", "Action": "pull"]))
        var body: JSON = ["HostConfig": ["VolumeDriver": "x", "Mounts": [["Type": "volume", "Target": "/a"]]]]
        #expect(v47.creationWarnings(body).isEmpty && v48.creationWarnings(body).count == 1)
        body["HostConfig"]["Mounts"] = [["Type": "volume", "VolumeOptions": ["DriverConfig": ["Name": "y"]]]]
        #expect(v48.creationWarnings(body).isEmpty)
    }
}
