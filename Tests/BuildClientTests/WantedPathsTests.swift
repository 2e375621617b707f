import BuildProtocol
import Foundation
import Linux
import Testing

@testable import BuildClient

@Suite("Which files of a folder are sent")
struct WantedPathsTests {
    /// Names what would be sent of a folder with these files; `a -> b` is a link.
    private func sent(_ files: [String], _ request: FileSyncRequest) throws -> [String] {
        let folder = NSTemporaryDirectory() + "hako-wanted-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for file in files {
            let parts = file.components(separatedBy: " -> ")
            let path = folder + "/" + parts[0]
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
            if parts.count > 1 {
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: parts[1])
            } else {
                try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            }
        }
        let root = try SafeRoot(path: folder)
        let wanted = WantedPaths(request, in: root)
        let walk = TreeWalk([("", root)]) { wanted.choice($0, isFolder: $1) }
        return try walk.next(atMost: 1_000).map(\.path)
    }

    @Test("all, in order")
    func all() throws {
        #expect(
            try sent(["b/c", "a", "b.d"], FileSyncRequest(name: "x")) == ["a", "b", "b/c", "b.d"])
    }

    @Test(".dockerignore's patterns, with exceptions below what is left out")
    func excludes() throws {
        let files = ["a.log", "b.txt", "d/deep/kept", "d/deep/other", "e/f"]
        #expect(
            try sent(files, FileSyncRequest(name: "x", excludes: ["*.log", "d", "!d/deep/kept"]))
                == ["b.txt", "d", "d/deep", "d/deep/kept", "e", "e/f"])
        #expect(try sent(files, FileSyncRequest(name: "x", excludes: ["*"])) == [])
    }

    @Test("only what is named, with the folders above it")
    func includes() throws {
        let files = ["a/b/c", "a/x", "d"]
        #expect(try sent(files, FileSyncRequest(name: "x", includes: ["a/b"])) == ["a", "a/b", "a/b/c"])
        #expect(try sent(files, FileSyncRequest(name: "x", includes: ["**/c"])) == ["a", "a/b", "a/b/c"])
        #expect(try sent(files, FileSyncRequest(name: "x", includes: ["nothing"])) == [])
    }

    @Test("links that are followed bring what they lead to, never from outside")
    func follows() throws {
        let files = [
            "link -> real/file", "real/file", "real/other", "up -> ../../../etc/shadow", "etc/shadow",
            "absolute -> /real/other", "loop -> loop", "dir -> real",
        ]
        func follow(_ paths: [String]) throws -> [String] {
            try sent(files, FileSyncRequest(name: "x", follows: paths))
        }
        #expect(try follow(["link"]) == ["link", "real", "real/file"])
        #expect(try follow(["up"]) == ["etc", "etc/shadow", "up"])
        #expect(try follow(["absolute"]) == ["absolute", "real", "real/other"])
        #expect(try follow(["loop"]) == ["loop"])
        #expect(try follow(["dir/file"]) == ["dir", "real", "real/file"])
        #expect(try follow(["real/f*"]) == ["real", "real/file"])
        #expect(try follow(["Dockerfile"]) == [])
        #expect(try follow(["."]).count == 10)
    }

    @Test("a request's metadata is what was asked for")
    func metadata() {
        for request in [
            FileSyncRequest(name: "context", includes: ["a"], excludes: ["箱 %", "b"], follows: ["c d"]),
            FileSyncRequest(name: "dockerfile"),
        ] {
            let metadata = request.metadata
            #expect(FileSyncRequest { name in metadata.filter { $0.name == name }.map(\.value) } == request)
        }
    }
}
