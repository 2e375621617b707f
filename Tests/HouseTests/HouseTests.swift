import Foundation
import Testing

/// The house's own rules, held by reading the sources (the style: rules are tests).
@Suite struct HouseTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Modules of the toolchain and of packages; everything else that is imported must be a target of ours.
    static func files(under folder: String, suffix: String = ".swift") throws -> [URL] {
        let base = root.appendingPathComponent(folder)
        let all = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
        return (all?.compactMap { $0 as? URL } ?? []).filter { $0.path.hasSuffix(suffix) }
    }

    /// Own targets by name, with the own targets that `Package.swift` lets them import, read from its layer table.
    static func layers() throws -> [String: Int] {
        let manifest = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        let table = manifest.components(separatedBy: "let layers: [String: Int] = [")[1].components(separatedBy: "\n]")[
            0]
        var layers: [String: Int] = [:]
        for match in table.matches(of: /"([A-Za-z-]+)": ([0-9]+)/) { layers[String(match.1)] = Int(match.2) }
        return layers
    }

    @Test("every import points downward")
    func importsPointDownward() throws {
        let layers = try Self.layers()
        #expect(layers.count > 10)
        for file in try Self.files(under: "Sources") {
            let module = file.path.components(separatedBy: "/Sources/")[1].components(separatedBy: "/")[0]
            let own = try #require(layers[module], "Sources/\(module) is missing in Package.swift's layers")
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /(?m)^(?:@\w+ )?(?:package |internal )?import (?:\w+ )?(\w+)/) {
                guard let other = layers[String(match.1)] else { continue }
                #expect(other < own, "\(file.lastPathComponent) in \(module) [\(own)] imports \(match.1) [\(other)]")
            }
        }
    }

    static let banned: [(pattern: String, instead: String, allowed: [String])] = [
        ("try!", "handle or rethrow the error", []),
        (".distantFuture", "a named limit", []),
        ("Thread.sleep", "wait for the event itself", []),
        ("DispatchSemaphore", "async waiting or Synchronization.Mutex", []),
    ]

    @Test("banned calls stay out of the product")
    func bannedCalls() throws {
        for file in try Self.files(under: "Sources") {
            for (number, line) in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
                .enumerated()
            {
                let code = line.components(separatedBy: "//")[0]
                for rule in Self.banned
                where code.contains(rule.pattern) && !rule.allowed.contains(file.lastPathComponent) {
                    Issue.record(
                        "\(file.lastPathComponent):\(number + 1) uses \(rule.pattern); instead: \(rule.instead)")
                }
            }
        }
    }

    @Test("no file is one that people fear: 800 lines at most")
    func fileLength() throws {
        for file in try Self.files(under: "Sources") {
            let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n").count
            #expect(lines <= 800, "\(file.lastPathComponent) has \(lines) lines: split it by subject")
        }
    }

    @Test("what hako-runtime and its module are both compiled from is one file with a link to it, not a copy")
    func sharedSourcesAreLinks() throws {
        let runtime = try Self.files(under: "Sources/hako-runtime")
        let twins = try Self.files(under: "Sources/ContainerRuntime").filter { file in
            runtime.contains { $0.lastPathComponent == file.lastPathComponent }
        }
        #expect(twins.count > 3)
        for twin in twins {
            let path = Self.root.appendingPathComponent("Sources/hako-runtime/\(twin.lastPathComponent)").path
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            #expect(target != nil, "\(twin.lastPathComponent) in hako-runtime is a copy: link it to ContainerRuntime's")
        }
    }

    @Test("no drawer modules or files")
    func noDrawers() throws {
        let drawers = ["Utils", "Utilities", "Common", "Helpers", "Extras", "Misc", "Placeholder"]
        for file in try Self.files(under: "Sources") {
            let name = file.deletingPathExtension().lastPathComponent
            #expect(!drawers.contains(name), "\(name): name the file by its subject")
        }
    }
}
