import Fault
import Foundation
import JSON
import Testing

@testable import Cluster

@Suite("settings for all starts")
struct UserSettingsTests {
    private func withHome(_ body: (HomeFolder) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "hako-home-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(HomeFolder(["HAKO_HOME": path]))
    }

    @Test("what is set is read back as text, and without any the file and its folder are gone")
    func keeping() async throws {
        try await withHome { home in
            #expect(try home.settings() == UserSettings())
            var settings = UserSettings()
            settings.set("cpus", "2")
            settings.set("nodes", 3)
            settings.set("keep-context", true)
            try home.save(settings)
            let read = try home.settings()
            #expect(read.text("cpus") == "2" && read.text("nodes") == "3" && read.text("keep-context") == "true")
            #expect(read.text("memory") == nil)
            #expect(
                try String(contentsOfFile: home.path + "/config/config.json", encoding: .utf8)
                    == "{\n    \"cpus\": \"2\",\n    \"keep-context\": true,\n    \"nodes\": 3\n}\n")
            for name in ["cpus", "nodes", "keep-context", "never"] { settings.remove(name) }
            try home.save(settings)
            #expect(!FileManager.default.fileExists(atPath: home.path))
        }
    }

    @Test("a damaged file is an error that names it")
    func damaged() async throws {
        try await withHome { home in
            try FileManager.default.createDirectory(atPath: home.path + "/config", withIntermediateDirectories: true)
            try "[1]".write(toFile: home.path + "/config/config.json", atomically: true, encoding: .utf8)
            #expect { try home.settings() } throws: { "\($0)".contains("config.json is damaged") }
        }
    }

    @Test("purging leaves nothing")
    func purging() async throws {
        try await withHome { home in
            var settings = UserSettings()
            settings.set("profile", "other")
            try home.save(settings)
            try home.save(Profile(name: "other", subnet: "192.168.58.0/24", nodes: []))
            try await home.exclusively {}
            try home.purge()
            #expect(!FileManager.default.fileExists(atPath: home.path))
            try home.purge()
        }
    }

    @Test("only one at a time chooses networks")
    func exclusive() async throws {
        try await withHome { home in
            try await home.exclusively {
                let descriptor = open(home.path + "/lock", O_RDWR)
                defer { close(descriptor) }
                #expect(flock(descriptor, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
            }
        }
    }
}
