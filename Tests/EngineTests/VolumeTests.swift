import CLinux
import Fault
import ImageStore
import JSON
import Linux
import Logging
import Testing

@testable import Engine

@Suite struct VolumeTests {
    private static func withStore(_ body: (VolumeStore, String) throws -> Void) throws {
        let folder = "/tmp/hako-volume-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileTree.remove(folder) }
        try body(try VolumeStore(root: folder, log: Logger(label: "test")), folder)
    }

    private static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return sentence(error)
        }
    }

    @Test("a volume is there after a restart, with its labels and options")
    func survives() throws {
        try Self.withStore { store, folder in
            _ = try store.create(name: "data", driver: "", options: [:], labels: ["a": "b"], pinnedBy: nil)
            #expect(
                try store.create(name: "data", driver: "local", options: [:], labels: [:], pinnedBy: nil).isNew == false
            )
            let again = try VolumeStore(root: folder, log: Logger(label: "test"))
            #expect(try again.record("data").labels == ["a": "b"])
            #expect(try again.record("data") == store.record("data"))
        }
    }

    @Test("one that a container uses can't be removed; once released it can, with its data")
    func removal() throws {
        try Self.withStore { store, folder in
            _ = try store.create(name: "data", driver: "local", options: [:], labels: [:], pinnedBy: "c1")
            #expect(Self.message { try store.remove("data") } == "remove data: volume is in use - [c1]")
            store.release("c1")
            try store.remove("data")
            #expect(Self.message { try store.remove("data") } == "get data: no such volume")
            #expect(KernelFile.names(in: folder).isEmpty)
        }
    }

    @Test("what a crash left of a removal goes, what it left of a creation is kept")
    func crashes() throws {
        try Self.withStore { _, folder in
            try KernelFile.makeFolders(folder + "/.removed-old/_data/x", mode: 0o755)
            try KernelFile.makeFolders(folder + "/half/_data/x", mode: 0o755)
            let store = try VolumeStore(root: folder, log: Logger(label: "test"))
            #expect(store.all.map(\.name) == ["half"])
            #expect(access(folder + "/.removed-old", F_OK) != 0)
            #expect(access(folder + "/half/_data/x", F_OK) == 0)
        }
    }

    @Test("anonymous volumes have names of 64 hex digits and a label that says so")
    func anonymous() throws {
        try Self.withStore { store, _ in
            let record = try store.create(name: nil, driver: "local", options: [:], labels: [:], pinnedBy: nil).record
            #expect(record.name.count == 64 && record.anonymous)
            #expect(record.labels["com.docker.volume.anonymous"] == "")
        }
    }

    @Test("names and options that can't be are refused in Docker's words")
    func refusals() throws {
        try Self.withStore { store, _ in
            func create(_ name: String, _ driver: String = "local", _ options: [String: String] = [:]) -> String {
                Self.message {
                    _ = try store.create(name: name, driver: driver, options: options, labels: [:], pinnedBy: nil)
                }
            }
            #expect(create("../x").contains("includes invalid characters for a local volume name"))
            #expect(create("x").contains("too short"))
            #expect(create("xx", "nfsplugin").contains("plugin \"nfsplugin\" not found"))
            #expect(create("xx", "local", ["foo": "1"]) == "create: invalid option: \"foo\"")
            #expect(create("xx", "local", ["type": "tmpfs"]) == "create: missing required option: \"device\"")
            #expect(create("xx", "local", ["device": "/x"]) == "create: missing required option: \"type\"")
            #expect(create("xx", "local", ["device": "/x", "o": "bind"]).isEmpty)
        }
    }

    @Test("mount(8)'s words become flags, the rest is the file system's")
    func mountOptions() {
        let (flags, data) = VolumeOptions.parse("ro,size=1m,nosuid,rw,uid=3")
        #expect(flags == UInt(MS_NOSUID))
        #expect(data == "size=1m,uid=3")
    }

    @Test("filling takes folders, links, modes and hard links, and follows no link out", .enabled(if: geteuid() == 0))
    func fill() throws {
        try Self.withStore { store, folder in
            let root = folder + "/.root"
            for path in ["/data/sub", "/outside"] { try KernelFile.makeFolders(root + path, mode: 0o755) }
            func write(_ path: String, _ text: String) throws {
                try OwnedDescriptor.open(root + path, O_WRONLY | O_CREAT, mode: 0o640).writeAll(Array(text.utf8))
            }
            try write("/data/file", "one")
            try write("/outside/secret", "two")
            link(root + "/data/file", root + "/data/sub/twin")
            symlink("/outside", root + "/data/way")
            chown(root + "/data", 101, 102)
            chmod(root + "/data", 0o2750)
            let volume = try store.create(name: "vv", driver: "local", options: [:], labels: [:], pinnedBy: nil).record
            try VolumeFill.fill(volume.mountpoint, from: SafeRoot(path: root), path: "/data")
            var status = stat(), twin = stat()
            stat(volume.mountpoint, &status)
            #expect(status.st_uid == 101 && status.st_gid == 102 && status.st_mode & 0o7777 == 0o2750)
            stat(volume.mountpoint + "/file", &status)
            stat(volume.mountpoint + "/sub/twin", &twin)
            #expect(status.st_ino == twin.st_ino && status.st_mode & 0o777 == 0o640)
            #expect(KernelFile.link(volume.mountpoint + "/way") == "/outside")
            #expect(try KernelFile.read(volume.mountpoint + "/sub/twin") == "one")
        }
    }
}
