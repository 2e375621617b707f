import ContainerRuntime
import Fault
import Foundation
import JSON
import Testing

/// What a container may be and may not reach. Each attack is one that broke another runtime.
@Suite(.enabled(if: isRoot), .serialized) struct ConfinementTests {
    @Test func usersGroupsCapabilitiesAndLimitsAreAsAsked() async throws {
        try await withSandbox { box in
            let (exit, out) = try await box.run(["ids"]) {
                $0["process"]["user"] = try! JSON(
                    parsing: #"{"uid":1000,"gid":1001,"umask":63,"additionalGids":[5,6]}"#)
                $0["process"]["noNewPrivileges"] = true
                $0["process"]["cwd"] = "/made/for/this"
                $0["process"]["capabilities"] = try! JSON(
                    parsing:
                        #"{"bounding":["CAP_CHOWN"],"permitted":["CAP_CHOWN"],"inheritable":["CAP_CHOWN"],"ambient":["CAP_CHOWN"]}"#
                )
            }
            #expect(exit.code == 0)
            for line in [
                "uid 1000 gid 1001", "groups 5 6", "CapInh:\t0000000000000001", "CapPrm:\t0000000000000001",
                "CapBnd:\t0000000000000001", "CapAmb:\t0000000000000001", "NoNewPrivs:\t1", "Umask:\t0077",
                "cwd /made/for/this", "host box", "pid 1",
            ] { #expect(out.contains(line + "\n"), "missing \(line) in \(out)") }
        }
    }

    @Test func noDescriptorLeaksIn() async throws {
        try await withSandbox { box in
            let (_, out) = try await box.run(["fds"])
            #expect(out == "0\n1\n2\n")
            _ = try await box.runtime.create(try box.launch("e", ["sleep", "1000"]))
            try await box.runtime.start("e")
            let process = try JSON(parsing: #"{"args":["/probe","fds"],"cwd":"/","user":{"uid":0,"gid":0}}"#)
            _ = try await box.runtime.exec("e", execID: "x", process: process, openStdin: false, waitForAttach: true)
            #expect(try await read(try await box.runtime.attach("e", exec: "x", stdin: false)) == "0\n1\n2\n")
        }
    }

    @Test func theHostsMountsAreGone() async throws {
        try await withSandbox { box in
            let (_, out) = try await box.run(["mounts"])
            let points = out.split(separator: "\n").map { $0.split(separator: " ")[4] }
            #expect(points.first == "/")
            #expect(
                points.allSatisfy {
                    ["/", "/proc", "/dev", "/sys"].contains(String($0)) || $0.hasPrefix("/proc/")
                        || $0.hasPrefix("/dev/") || $0.hasPrefix("/sys/")
                })
        }
    }

    @Test func maskedPathsAreEmptyAndReadOnlyPathsRefuseWrites() async throws {
        try await withSandbox { box in
            let (_, out) = try await box.run(["stat", "/proc/version", "/dev/null"]) {
                $0["linux"]["maskedPaths"] = ["/proc/version", "/proc/fs", "/proc/irq", "/no/such"]
            }
            #expect(out.contains("/proc/version mode 20666 owner 0:0 device 1:3\n"))
            #expect(out.contains("/dev/null mode 20666 owner 0:0 device 1:3\n"))
            let (exit, refusal) = try await box.run(["write", "/proc/sys/kernel/hostname", "x"])
            #expect(exit.code == 1)
            #expect(refusal.contains("errno 30"))
        }
    }

    @Test func aReadOnlyRootRefusesWrites() async throws {
        try await withSandbox { box in
            let (_, out) = try await box.run(["write", "/file", "x"]) { $0["root"]["readonly"] = true }
            #expect(out == "/file: errno 30\n")
        }
    }

    @Test func aLinkAtAMountPointStaysInTheRoot() async throws {
        // CVE-2021-30465: the image's link must be followed inside the root or not at all.
        try await withSandbox { box in
            let outside = box.folder + "/outside", source = box.folder + "/source"
            for path in [outside, source] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            try Data("bound".utf8).write(to: URL(fileURLWithPath: source + "/file"))
            try FileManager.default.createSymbolicLink(atPath: box.root + "/link", withDestinationPath: outside)
            try FileManager.default.createSymbolicLink(
                atPath: box.root + "/up", withDestinationPath: "../../../../" + outside)
            for target in ["/link", "/up"] {
                let (exit, out) = try await box.run(["cat", target + "/file"]) {
                    $0["mounts"] = JSON.array(
                        ($0["mounts"].array ?? []) + [
                            try! JSON(
                                parsing:
                                    #"{"destination":"\#(target)","type":"bind","source":"\#(source)","options":["rbind","ro"]}"#
                            )
                        ])
                }
                #expect(exit.code == 0)
                #expect(out == "bound")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
        }
    }

    @Test(arguments: ["/proc", "/sys"]) func procOnALinkIsRefused(_ place: String) async throws {
        // CVE-2019-19921: a /proc that is somewhere else would take labels and sysctls in.
        try await withSandbox { box in
            try FileManager.default.createDirectory(atPath: box.root + "/elsewhere", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: box.root + place, withDestinationPath: "/elsewhere")
            let failure = await #expect(throws: Fault.self) { _ = try await box.run(["exit", "0"]) }
            #expect(failure?.message.contains(place) == true)
        }
    }

    @Test func nothingIsMountedOverProcsFiles() async throws {
        // CVE-2025-52881: a bind below /proc could catch the runtime's own writes.
        try await withSandbox { box in
            try Data().write(to: URL(fileURLWithPath: box.folder + "/fake"))
            let failure = await #expect(throws: Fault.self) {
                _ = try await box.run(["exit", "0"]) {
                    $0["mounts"] = JSON.array(
                        ($0["mounts"].array ?? []) + [
                            try! JSON(
                                parsing:
                                    #"{"destination":"/proc/self/attr/exec","type":"bind","source":"\#(box.folder)/fake","options":["bind"]}"#
                            )
                        ])
                }
            }
            #expect(failure?.message.contains("inside /proc") == true)
        }
    }

    @Test(arguments: 3..<12) func aWorkingFolderBehindADescriptorIsRefused(_ descriptor: Int) async throws {
        // CVE-2024-21626
        try await withSandbox { box in
            await #expect(throws: (any Error).self) {
                _ = try await box.run(["ids"]) { $0["process"]["cwd"] = JSON("/proc/self/fd/\(descriptor)") }
            }
            // Taken lexically this is a folder of the container, and nothing else.
            let (_, out) = try await box.run(["ids"]) {
                $0["process"]["cwd"] = JSON("/proc/self/fd/\(descriptor)/../../..")
            }
            #expect(out.contains("cwd /proc\n"))
        }
    }

    @Test func aSeccompFilterHolds() async throws {
        try await withSandbox { box in
            let filter =
                #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpriority"],"action":"SCMP_ACT_ERRNO","errnoRet":55}]}"#
            for noNewPrivileges in [false, true] {
                let (_, out) = try await box.run(["seccomp-try", "140"]) {
                    $0["linux"]["seccomp"] = try! JSON(parsing: filter)
                    $0["process"]["noNewPrivileges"] = JSON.bool(noNewPrivileges)
                }
                #expect(out == "errno 55\n")
            }
        }
    }

    @Test func aUserNamespaceMapsRootAway() async throws {
        try await withSandbox { box in
            for path in [box.root, box.root + "/probe"] { chown(path, 200_000, 200_000) }
            let id = "user"
            let pid = try await box.runtime.create(
                try box.launch(id, ["ids"]) {
                    $0["linux"]["namespaces"] = JSON.array(
                        ($0["linux"]["namespaces"].array ?? []) + [try! JSON(parsing: #"{"type":"user"}"#)])
                    for kind in ["uidMappings", "gidMappings"] {
                        $0["linux"][kind] = try! JSON(parsing: #"[{"containerID":0,"hostID":200000,"size":65536}]"#)
                    }
                })
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            #expect(status.contains("Uid:\t200000\t"))
            try await box.runtime.start(id)
            #expect(try await box.runtime.wait(id).code == 0)
            #expect(try box.output(id).contains("uid 0 gid 0"))
        }
    }

    @Test func memoryBeyondTheLimitIsKilledAndReported() async throws {
        try await withSandbox { box in
            let (exit, _) = try await box.run(["memhog", "256"]) {
                $0["linux"]["resources"] = try! JSON(parsing: #"{"memory":{"limit":33554432,"swap":33554432}}"#)
            }
            #expect(exit.code == 137)
            #expect(exit.oomKilled)
        }
    }

    @Test func theBuiltInInitReapsAndPassesSignalsOn() async throws {
        try await withSandbox { box in
            func withInit(_ spec: inout JSON) { spec["annotations"] = try! JSON(parsing: #"{"hako.init":"true"}"#) }
            let (exit, out) = try await box.run(["ids"], withInit)
            #expect(exit.code == 0)
            #expect(out.contains("pid 2\n"))
            _ = try await box.runtime.create(try box.launch("i", ["sigwait"], withInit))
            let stdio = try await box.runtime.attach("i", exec: nil, stdin: false)
            try await box.runtime.start("i")
            _ = try await read(stdio, until: "ready")
            try await box.runtime.signal("i", SIGTERM)
            #expect(try await box.runtime.wait("i").code == SIGTERM)
        }
    }

    @Test func namespacesOfAnotherContainerAreShared() async throws {
        try await withSandbox { box in
            let pid = try await box.runtime.create(try box.launch("one", ["sleep", "1000"]))
            try await box.runtime.start("one")
            let (_, out) = try await box.run(["ids"]) {
                $0["hostname"] = ""
                $0["linux"]["namespaces"] = JSON.array(
                    ["pid", "uts", "ipc", "network"].map { kind in
                        let file = kind == "network" ? "net" : kind
                        return try! JSON(parsing: #"{"type":"\#(kind)","path":"/proc/\#(pid)/ns/\#(file)"}"#)
                    } + [try! JSON(parsing: #"{"type":"mount"}"#)])
            }
            #expect(out.contains("host box"))
            #expect(!out.contains("pid 1\n"))
        }
    }

    @Test func whatTheFirstProcessLeavesInTheHostsPidNamespaceIsKilled() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(
                try box.launch("o", ["orphan"]) {
                    $0["linux"]["namespaces"] = JSON.array(
                        ($0["linux"]["namespaces"].array ?? []).filter { $0["type"].string != "pid" })
                })
            try await box.runtime.start("o")
            #expect(try await box.runtime.wait("o").code == 0)
            for _ in 0..<100 where !(try await box.runtime.processes("o").isEmpty) {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await box.runtime.processes("o").isEmpty)
        }
    }
}
