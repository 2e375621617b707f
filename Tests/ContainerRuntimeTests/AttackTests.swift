import ContainerRuntime
import Fault
import Foundation
import JSON
import Synchronization
import Testing

private func json(_ text: String) -> JSON { (try? JSON(parsing: text)) ?? .null }

extension JSON {
    /// Adds runtime-spec mounts.
    fileprivate mutating func mount(_ mounts: String...) {
        self["mounts"] = .array((self["mounts"].array ?? []) + mounts.map(json))
    }
}

/// Attacks that broke other runtimes and need a hostile image, a hostile neighbour, or a race.
@Suite(.enabled(if: isRoot), .serialized) struct AttackTests {
    @Test("CVE-2019-5736: the runtime's program stays as it is, whoever kept it open")
    func programIsSealed() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("x", ["sleep", "1000"]))
            try await box.runtime.start("x")
            let pid = try #require(try await box.runtime.state("x")?.pid)
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
            let monitor = try #require(Int32(line.split(separator: "\t")[1]))
            // What the attack does: hold on to the program, and write it once nothing runs it any more.
            let held = open("/proc/\(monitor)/exe", O_RDONLY | O_CLOEXEC)
            defer { close(held) }
            #expect(held >= 0)
            try await box.runtime.delete("x")
            for _ in 0..<500 where kill(monitor, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            let again = open("/proc/self/fd/\(held)", O_RDWR | O_CLOEXEC)
            defer { close(again) }
            #expect(again < 0 || write(again, "#!/evil", 7) == -1)
            #expect(again < 0 || ftruncate(again, 0) == -1)
            let (exit, _) = try await box.run(["exit", "0"])
            #expect(exit.code == 0, "and holding it open for writing keeps nothing from starting")
        }
    }

    @Test("CVE-2021-30465: a folder that becomes a link while it is mounted on leads nowhere outside")
    func swappedMountPoint() async throws {
        try await withSandbox { box in
            let outside = box.folder + "/outside"
            try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: box.root + "/swap", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: box.root + "/link", withDestinationPath: outside)
            let (folder, link) = (box.root + "/swap", box.root + "/link")
            let isOver = Atomic<Bool>(false)
            let swapper = Task.detached {
                // RENAME_EXCHANGE
                while !isOver.load(ordering: .relaxed) {
                    _ = renameat2(AT_FDCWD, folder, AT_FDCWD, link, 2)
                    await Task.yield()
                }
            }
            for round in 0..<40 {
                // It may be refused, as a name that changes while it is looked up can be.
                _ = try? await box.run(["exit", "0"]) {
                    $0.mount(
                        #"{"destination":"/swap/new\#(round)/deep","type":"tmpfs","source":"tmpfs"}"#,
                        #"{"destination":"/swap/file\#(round)","type":"bind","source":"/etc/passwd","options":["bind"]}"#
                    )
                }
            }
            isOver.store(true, ordering: .relaxed)
            await swapper.value
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
        }
    }

    @Test("CVE-2024-21626: an exec's working folder can't be one of the runtime's descriptors", arguments: 3..<12)
    func execWorkingFolder(_ descriptor: Int) async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("e", ["sleep", "1000"]))
            try await box.runtime.start("e")
            let process = json(
                #"{"args":["/probe","ids"],"cwd":"/proc/self/fd/\#(descriptor)","user":{"uid":0,"gid":0}}"#)
            await #expect(throws: (any Error).self) {
                _ = try await box.runtime.exec(
                    "e", execID: "x", process: process, openStdin: false, waitForAttach: false)
            }
        }
    }

    @Test("CVE-2025-31133: what masks a path is the host's null device, whatever the image's /dev/null is")
    func replacedNullDevice() async throws {
        try await withSandbox { box in
            try FileManager.default.createDirectory(
                atPath: box.folder + "/devices/pts", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: box.folder + "/devices/null", withDestinationPath: "/probe")
            let (_, out) = try await box.run(["stat", "/proc/version"]) { spec in
                spec["mounts"] = .array(
                    (spec["mounts"].array ?? []).filter {
                        $0["destination"].string?.hasPrefix("/dev") != true
                    })
                spec.mount(
                    #"{"destination":"/dev","type":"bind","source":"\#(box.folder)/devices","options":["bind"]}"#)
                spec["linux"]["maskedPaths"] = ["/proc/version"]
            }
            #expect(out.contains("device 1:3"), "\(out)")
        }
    }

    @Test("CVE-2025-52565: the terminal is bound to /dev/console itself and to nothing a link there names")
    func consoleIsALink() async throws {
        try await withSandbox { box in
            try FileManager.default.createDirectory(
                atPath: box.folder + "/devices/pts", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: box.folder + "/devices/console", withDestinationPath: "/proc/sys/kernel/hostname")
            let failure = await #expect(throws: (any Error).self) {
                _ = try await box.run(["mounts"]) { spec in
                    spec["mounts"] = .array(
                        (spec["mounts"].array ?? []).filter {
                            $0["destination"].string?.hasPrefix("/dev") != true
                        })
                    spec.mount(
                        #"{"destination":"/dev","type":"bind","source":"\#(box.folder)/devices","options":["bind"]}"#,
                        #"{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}"#
                    )
                    spec["process"]["terminal"] = true
                }
            }
            #expect("\(failure.map { "\($0)" } ?? "")".contains("/dev/console"))
        }
    }

    @Test("CVE-2025-52881: labels and sysctls are written to a real procfs, not to what is mounted on /proc")
    func fakeProc() async throws {
        try await withSandbox { box in
            let fake = box.folder + "/fake/sys/kernel"
            try FileManager.default.createDirectory(atPath: fake, withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: fake + "/domainname"))
            _ = try? await box.run(["exit", "0"]) { spec in
                spec["mounts"] = .array((spec["mounts"].array ?? []).filter { $0["destination"].string != "/proc" })
                spec.mount(#"{"destination":"/proc","type":"bind","source":"\#(box.folder)/fake","options":["bind"]}"#)
                spec["linux"]["sysctl"] = ["kernel.domainname": "real"]
                spec["linux"]["maskedPaths"] = []
                spec["linux"]["readonlyPaths"] = []
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: fake + "/domainname")).isEmpty)
        }
    }

    @Test("a container can't look into a process that is about to run in it", arguments: [true, false])
    func newcomersAreShut(_ isExec: Bool) async throws {
        try await withSandbox { box in
            let first = try await box.runtime.create(try box.launch("a", ["sleep", "1000"]))
            try await box.runtime.start("a")
            let newcomer: Int32
            if isExec {
                let process = json(
                    #"{"args":["/probe","sleep","1000"],"cwd":"/","user":{"uid":0,"gid":0},"capabilities":{}}"#)
                newcomer = try await box.runtime.exec(
                    "a", execID: "x", process: process, openStdin: false, waitForAttach: true)
            } else {
                newcomer = try await box.runtime.create(
                    try box.launch("b", ["sleep", "1000"]) { spec in
                        spec["linux"]["namespaces"] = .array(
                            (spec["linux"]["namespaces"].array ?? []).map {
                                $0["type"].string == "pid"
                                    ? json(#"{"type":"pid","path":"/proc/\#(first)/ns/pid"}"#) : $0
                            })
                    })
            }
            // Its pid as the container sees it.
            let status = try String(contentsOfFile: "/proc/\(newcomer)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("NSpid:") })
            let inside = try #require(line.split(separator: "\t").last)
            let look = json(
                #"{"args":["/probe","cat","/proc/\#(inside)/environ"],"cwd":"/","user":{"uid":0,"gid":0},"capabilities":{"bounding":["CAP_CHOWN","CAP_KILL","CAP_NET_BIND_SERVICE"],"effective":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"]}}"#
            )
            _ = try await box.runtime.exec("a", execID: "y", process: look, openStdin: false, waitForAttach: true)
            let out = try await read(try await box.runtime.attach("a", exec: "y", stdin: false))
            #expect(out.contains("errno 13"), "\(out)")
        }
    }
}
