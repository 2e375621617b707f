import Foundation
import Testing

@testable import Kubelet

@Suite("folders whose files change at once")
struct AtomicFolderTests {
    private func files(_ contents: [String: String]) -> ProjectedFiles {
        contents.mapValues { ProjectedFile(content: Array($0.utf8), mode: 0o640) }
    }

    @discardableResult
    private func write(_ contents: [String: String], _ folder: String) throws -> Bool {
        try AtomicFolder.write(files(contents), to: folder) {}
    }

    @Test("visible names are links into ..data, which links to a dated folder with the files")
    func layout() async throws {
        try await TemporaryFolder.with { folder in
            #expect(try write(["a": "1", "sub/b": "2", "sub/deep/c": "3"], folder))
            #expect(text(folder + "/a") == "1")
            #expect(text(folder + "/sub/deep/c") == "3")
            #expect(link(folder + "/a") == "..data/a")
            #expect(link(folder + "/sub") == "..data/sub")
            let dated = try #require(link(folder + "/..data"))
            #expect(try #/\.\.\d{4}(_\d\d){5}\.\d+/#.wholeMatch(in: dated) != nil)
            #expect(names(folder) == ["..data", "a", "sub", dated].sorted())
            #expect(attributes("\(folder)/\(dated)/a").mode == 0o640)
            #expect(attributes("\(folder)/\(dated)").mode == 0o755)
        }
    }

    @Test("the same files again change nothing; other ones replace the folder and leave no old one behind")
    func updates() async throws {
        try await TemporaryFolder.with { folder in
            try write(["a": "1", "b": "1"], folder)
            let first = link(folder + "/..data")
            #expect(try !write(["a": "1", "b": "1"], folder))
            #expect(link(folder + "/..data") == first)
            #expect(try write(["a": "2", "c": "1"], folder))
            let second = try #require(link(folder + "/..data"))
            #expect(second != first)
            #expect(names(folder) == ["..data", "a", "c", second].sorted())
            #expect(text(folder + "/a") == "2")
            #expect(try write(["a": "2"], folder))
            #expect(try !write(["a": "2"], folder))
            #expect(try write([:], folder))
            #expect(names(folder).count == 2)
        }
    }

    @Test("what an interrupted write left is cleared away by the next")
    func interrupted() async throws {
        try await TemporaryFolder.with { folder in
            try write(["a": "1"], folder)
            let manager = FileManager.default
            try manager.createDirectory(atPath: folder + "/..2020_01_01_00_00_00.7", withIntermediateDirectories: true)
            try manager.createSymbolicLink(
                atPath: folder + "/..data_tmp", withDestinationPath: "..2020_01_01_00_00_00.7")
            try manager.removeItem(atPath: folder + "/a")
            #expect(try !write(["a": "1"], folder))
            #expect(text(folder + "/a") == "1")
            #expect(try write(["a": "3"], folder))
            #expect(text(folder + "/a") == "3")
            #expect(names(folder).count == 3)
        }
    }

    @Test("readers never see a mixture while files change")
    func atomicity() async throws {
        try await TemporaryFolder.with { folder in
            try write(["a": "0", "b": "0"], folder)
            let reader = Task.detached { () -> Int in
                var mixtures = 0
                while !Task.isCancelled {
                    // Through one open folder, as a container that keeps to ..data sees it.
                    guard let dated = link(folder + "/..data") else { continue }
                    guard let a = text("\(folder)/\(dated)/a"), let b = text("\(folder)/\(dated)/b") else { continue }
                    if a != b { mixtures += 1 }
                }
                return mixtures
            }
            for round in 1...200 { try write(["a": "\(round)", "b": "\(round)"], folder) }
            reader.cancel()
            #expect(await reader.value == 0)
        }
    }

    @Test(
        "paths that lead out of the folder or hide in it are refused",
        arguments: [
            ("", "must not be empty: \"\""), ("/a", "must be relative path: /a"),
            ("a/../b", "must not contain '..': a/../b"),
            ("..a", "must not start with '..': ..a"),
        ])
    func badPaths(_ path: String, _ expected: String) {
        #expect(throws: PodConfigError("invalid path: \(expected)")) { try AtomicFolder.check(path) }
    }
}
