import Foundation

let isRoot = geteuid() == 0

/// A folder of a test's own, removed with what is in it.
struct TemporaryFolder {
    static func with<T>(_ body: (String) async throws -> T) async throws -> T {
        let path = NSTemporaryDirectory() + "hako-kubelet-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }
}

func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

func link(_ path: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path) }

func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
}
