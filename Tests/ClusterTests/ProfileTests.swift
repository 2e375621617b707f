import Fault
import Foundation
import Testing

@testable import Cluster

@Suite("profiles")
struct ProfileTests {
    private func home() throws -> (HomeFolder, String) {
        let path = NSTemporaryDirectory() + "hako-home-\(UUID().uuidString)"
        return (HomeFolder(["HAKO_HOME": path + "/deep/home"]), path)
    }

    private var profile: Profile {
        var profile = Profile(
            name: "learn", subnet: "192.168.58.0/24",
            nodes: [.init(name: "learn", address: "192.168.58.2", isControlPlane: true)])
        profile.processors = 2
        profile.memory = 512 << 20
        return profile
    }

    @Test("what is saved is read back, and removing it takes the empty folders above along")
    func saving() throws {
        let (home, root) = try home()
        defer { try? FileManager.default.removeItem(atPath: root) }
        #expect(try home.profile("learn") == nil)
        try home.save(profile)
        #expect(try home.profile("learn") == profile)
        #expect(home.profileNames() == ["learn"])
        try home.remove("learn")
        try home.remove("learn")
        #expect(!FileManager.default.fileExists(atPath: home.path))
    }

    @Test("a damaged profile is told with its file and the way out")
    func damaged() throws {
        let (home, root) = try home()
        defer { try? FileManager.default.removeItem(atPath: root) }
        try home.save(profile)
        for text in ["{", "{}", "[1]"] {
            try text.write(toFile: home.path + "/profiles/learn/config.json", atomically: true, encoding: .utf8)
            let fault = #expect(throws: Fault.self) { try home.profile("learn") }
            #expect(fault?.message.contains("profiles/learn/config.json") == true)
            #expect(fault?.message.contains("hako delete -p learn") == true)
        }
    }

    @Test(
        "names that can't be host names are refused", arguments: ["", "Up", "a_b", "-a", "a-", "a.b", "ä", "a/b", ".."])
    func names(_ name: String) { #expect(throws: Fault.self) { try Profile.check(name: name) } }

    @Test("further nodes take the first free number, its name, address and pods' range")
    func nodes() throws {
        var profile = profile
        let second = try profile.newNode(isControlPlane: false)
        #expect(second == .init(name: "learn-m02", address: "192.168.58.3", isControlPlane: false))
        #expect(profile.podRange(of: second) == "10.244.1.0/24")
        profile.nodes += [second, Profile.Node(name: "learn-m04", address: "192.168.58.5", isControlPlane: false)]
        #expect(try profile.newNode(isControlPlane: false).name == "learn-m03")
        #expect(profile.podRange(of: try #require(profile.controlPlane)) == "10.244.0.0/24")
        #expect(Profile.nodeName("x", 12) == "x-m12")
    }
}
