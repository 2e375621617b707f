import Foundation
import JSON
import Linux
import Testing

@testable import Kubelet

@Suite("folders of volumes")
struct FolderTests {
    @Test("a folder on disk is open to all, and kept with what is in it when it is made again")
    func disk() async throws {
        try await TemporaryFolder.with { root in
            let folders = VolumeFolders(systems: FakeFileSystems())
            let path = root + "/pods/u/volumes/kubernetes.io~empty-dir/v"
            try folders.makeOnDisk(path, group: nil)
            #expect(attributes(path).mode == 0o777)
            try "x".write(toFile: path + "/file", atomically: true, encoding: .utf8)
            try folders.makeOnDisk(path, group: nil)
            #expect(text(path + "/file") == "x")
        }
    }

    @Test("fsGroup gives everything to the group, follows no link and opens no file to others", .enabled(if: isRoot))
    func group() async throws {
        try await TemporaryFolder.with { root in
            let manager = FileManager.default
            try manager.createDirectory(atPath: root + "/v/in", withIntermediateDirectories: true)
            try "x".write(toFile: root + "/outside", atomically: true, encoding: .utf8)
            try "x".write(toFile: root + "/v/in/file", atomically: true, encoding: .utf8)
            try manager.createSymbolicLink(atPath: root + "/v/link", withDestinationPath: "../outside")
            chmod(root + "/v", 0o755)
            chmod(root + "/v/in", 0o700)
            chmod(root + "/v/in/file", 0o600)
            chmod(root + "/outside", 0o600)
            #expect(!FolderTree.isGiven(root + "/v", to: 4_321, readOnly: false))
            try FolderTree.give(root + "/v", to: 4_321, readOnly: false)
            #expect(FolderTree.isGiven(root + "/v", to: 4_321, readOnly: false))
            #expect(attributes(root + "/v") == (0o2775, 4_321, 0))
            #expect(attributes(root + "/v/in") == (0o2770, 4_321, 0))
            #expect(attributes(root + "/v/in/file") == (0o660, 4_321, 0))
            #expect(attributes(root + "/v/link").group == 4_321)
            #expect(attributes(root + "/outside") == (0o600, 0, 0))
            chmod(root + "/v/in/file", 0o600)
            try FolderTree.give(root + "/v", to: 4_321, readOnly: true)
            #expect(attributes(root + "/v/in/file").mode == 0o640)
        }
    }

    @Test("removal takes a whole tree, follows no link, and is satisfied when nothing is there")
    func removal() async throws {
        try await TemporaryFolder.with { root in
            let manager = FileManager.default
            try manager.createDirectory(atPath: root + "/v/a/b/c", withIntermediateDirectories: true)
            try manager.createDirectory(atPath: root + "/kept", withIntermediateDirectories: true)
            try "x".write(toFile: root + "/kept/file", atomically: true, encoding: .utf8)
            try manager.createSymbolicLink(atPath: root + "/v/a/link", withDestinationPath: root + "/kept")
            try FolderTree.remove(root + "/v")
            try FolderTree.remove(root + "/v")
            try FolderTree.remove(root + "/none/v")
            #expect(names(root) == ["kept"])
            #expect(text(root + "/kept/file") == "x")
        }
    }

    @Test("removal stops at a mount instead of emptying it", .enabled(if: isRoot))
    func removalAtMount() async throws {
        try await TemporaryFolder.with { root in
            try FileManager.default.createDirectory(atPath: root + "/v/m", withIntermediateDirectories: true)
            try KernelFileSystems().mountMemory(on: root + "/v/m", bytes: 1 << 20, group: 99)
            defer { try? KernelFileSystems().unmountAll(in: root + "/v") }
            try "x".write(toFile: root + "/v/m/file", atomically: true, encoding: .utf8)
            #expect(attributes(root + "/v/m") == (0o3777, 99, 0))
            #expect(KernelFileSystems().isMemory(root + "/v/m"))
            #expect(throws: KernelError.self) { try FolderTree.remove(root + "/v") }
            #expect(text(root + "/v/m/file") == "x")
        }
    }

    @Test("host paths are checked and made as their type says")
    func hostPaths() async throws {
        try await TemporaryFolder.with { root in
            try "x".write(toFile: root + "/file", atomically: true, encoding: .utf8)
            try HostPathCheck.prepare(root + "/none", type: "")
            #expect(names(root) == ["file"])
            try HostPathCheck.prepare(root + "/made/deep", type: "DirectoryOrCreate")
            try HostPathCheck.prepare(root + "/made/deep", type: "Directory")
            try HostPathCheck.prepare(root + "/made/file", type: "FileOrCreate")
            try HostPathCheck.prepare(root + "/file", type: "File")
            try HostPathCheck.prepare("/dev/null", type: "CharDevice")
            for (type, what) in [
                ("Directory", "a directory"), ("DirectoryOrCreate", "a directory"), ("Socket", "a socket file"),
                ("CharDevice", "a character device"), ("BlockDevice", "a block device"),
            ] {
                #expect(throws: PodConfigError("hostPath type check failed: \(root)/file is not \(what)")) {
                    try HostPathCheck.prepare(root + "/file", type: type)
                }
            }
            #expect(throws: PodConfigError("hostPath type check failed: \(root)/none is not a file")) {
                try HostPathCheck.prepare(root + "/none", type: "File")
            }
            #expect(throws: PodConfigError("invalid HostPath `/a/../b`: must not contain '..'")) {
                try HostPathCheck.prepare("/a/../b", type: "")
            }
        }
    }

    @Test("a subPath is made when missing, and never leads out of its volume", .enabled(if: isRoot))
    func subPath() async throws {
        try await TemporaryFolder.with { root in
            let manager = FileManager.default
            try manager.createDirectory(atPath: root + "/v", withIntermediateDirectories: true)
            chmod(root + "/v", 0o2777)
            try "secret".write(toFile: root + "/outside", atomically: true, encoding: .utf8)
            try "1".write(toFile: root + "/v/file", atomically: true, encoding: .utf8)
            try manager.createSymbolicLink(atPath: root + "/v/inside", withDestinationPath: "file")
            try manager.createSymbolicLink(atPath: root + "/v/up", withDestinationPath: "../outside")
            try manager.createSymbolicLink(atPath: root + "/v/absolute", withDestinationPath: root + "/outside")
            let subPath = SubPath(systems: KernelFileSystems())
            defer { try? KernelFileSystems().unmountAll(in: root + "/t") }
            try subPath.bind("a/b", of: root + "/v", on: root + "/t/0")
            #expect(attributes(root + "/v/a/b").mode == 0o2777)
            try "2".write(toFile: root + "/v/a/b/x", atomically: true, encoding: .utf8)
            #expect(text(root + "/t/0/x") == "2")
            for name in ["file", "inside"] {
                try subPath.bind(name, of: root + "/v", on: root + "/t/\(name)")
                #expect(text(root + "/t/\(name)") == "1")
            }
            // A file that was replaced is bound anew.
            try "3".write(toFile: root + "/v/file", atomically: true, encoding: .utf8)
            try subPath.bind("file", of: root + "/v", on: root + "/t/file")
            #expect(text(root + "/t/file") == "3")
            for name in ["up", "absolute", "../outside"] {
                #expect(throws: KernelError.self) { try subPath.bind(name, of: root + "/v", on: root + "/t/bad") }
            }
            #expect(names(root + "/t") == ["0", "file", "inside"])
        }
    }
}
