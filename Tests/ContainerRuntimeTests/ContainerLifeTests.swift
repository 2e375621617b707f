import ContainerRuntime
import Fault
import Foundation
import JSON
import Testing

@Suite(.enabled(if: isRoot), .serialized) struct ContainerLifeTests {
    @Test func aContainerRunsEndsAndItsOutputIsInTheLog() async throws {
        try await withSandbox { box in
            let (exit, out) = try await box.run(["echo", "hello"])
            #expect(exit.code == 0)
            #expect(!exit.oomKilled)
            #expect(out == "hello\n")
        }
    }

    @Test(arguments: [0, 1, 42, 255]) func theExitCodeIsThePayloads(_ code: Int) async throws {
        try await withSandbox { box in
            let exit = try await box.run(["exit", "\(code)"]).exit
            #expect(exit.code == Int32(code))
        }
    }

    @Test func aKilledContainerEndsWith137AndStaysSoForNewClients() async throws {
        try await withSandbox { box in
            let pid = try await box.runtime.create(try box.launch("victim", ["sleep", "1000"]))
            #expect(try await box.runtime.state("victim")?.status == .created)
            try await box.runtime.start("victim")
            #expect(try await box.runtime.state("victim")?.status == .running)
            #expect(try await box.runtime.processes("victim") == [pid])
            try await box.runtime.signal("victim", SIGKILL)
            #expect(try await box.runtime.wait("victim").code == 137)
            let other = try ContainerRuntime(stateRoot: box.folder + "/state")
            #expect(try await other.wait("victim").code == 137)
            #expect(try await other.state("victim")?.status == .stopped)
        }
    }

    @Test func whoWaitsForWhatIsDeletedMeanwhileIsToldThatItIsGone() async throws {
        try await withSandbox { box in
            for round in 0..<300 {
                let name = "gone\(round)", folder = "\(box.folder)/state/gone\(round)"
                #expect(mkdir(folder, 0o700) == 0)
                async let waited = box.runtime.wait(name)
                try await Task.sleep(for: .microseconds(round % 100))
                try await box.runtime.delete(name)
                do { #expect(try await waited.code == 137) } catch let fault as Fault {
                    #expect(fault.kind == .notFound, "\(fault)")
                }
            }
        }
    }

    @Test func signalsReachThePayload() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("s", ["sigwait"]))
            let stdio = try await box.runtime.attach("s", exec: nil, stdin: false)
            try await box.runtime.start("s")
            _ = try await read(stdio, until: "ready")
            try await box.runtime.signal("s", SIGUSR1)
            #expect(try await read(stdio) == "signal 10\n")
            #expect(try await box.runtime.wait("s").code == 10)
        }
    }

    @Test(arguments: [
        ("nothing", 127, "exec: \"nothing\": executable file not found in $PATH"),
        ("/nothing", 127, "exec: \"/nothing\": stat /nothing: no such file or directory"),
        ("/plain", 126, "exec: \"/plain\": permission denied"),
        ("/garbage", 126, "exec /garbage: exec format error"),
        ("/proc", 126, "exec: \"/proc\": is a directory"),
    ])
    func aProgramThatCannotRunIsToldAsDockerDoes(_ program: String, _ code: Int32, _ message: String) async throws {
        try await withSandbox { box in
            try Data("text".utf8).write(to: URL(fileURLWithPath: box.root + "/plain"))
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: box.root + "/garbage"))
            chmod(box.root + "/garbage", 0o755)
            let failure = await #expect(throws: StartFailure.self) {
                _ = try await box.runtime.create(
                    try box.launch("bad", []) { $0["process"]["args"] = JSON.array([JSON(program)]) })
                try await box.runtime.start("bad")
            }
            #expect(failure?.message == message)
            #expect(failure?.exitCode == code)
        }
    }

    @Test func deletingKillsAndLeavesNothing() async throws {
        try await withSandbox { box in
            let pid = try await box.runtime.create(try box.launch("d", ["sleep", "1000"]))
            try await box.runtime.start("d")
            try await box.runtime.delete("d")
            #expect(kill(pid, 0) == -1)
            #expect(try await box.runtime.state("d") == nil)
            #expect(!FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory/\(box.name)/d"))
            try await box.runtime.delete("d")
        }
    }

    @Test func theSameNameRunsAgainAtOnce() async throws {
        try await withSandbox { box in
            for round in 0..<5 {
                _ = try await box.runtime.create(try box.launch("again", ["exit", "\(round)"]))
                try await box.runtime.start("again")
                #expect(try await box.runtime.wait("again").code == Int32(round))
                try await box.runtime.delete("again")
            }
        }
    }

    @Test func aFailedLaunchLeavesNothingBehind() async throws {
        try await withSandbox { box in
            let failure = await #expect(throws: Fault.self) {
                _ = try await box.runtime.create(
                    try box.launch("f", ["exit", "0"]) {
                        $0["mounts"] = try! JSON(
                            parsing: #"[{"destination":"/x","type":"bind","source":"/no/such","options":["bind"]}]"#)
                    })
            }
            #expect(failure?.message.contains("/no/such") == true)
            let left = try await box.runtime.list()
            #expect(left.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory/\(box.name)/f"))
        }
    }

    @Test func aMonitorThatIsKilledTakesItsContainerAlong() async throws {
        try await withSandbox { box in
            let pid = try await box.runtime.create(try box.launch("m", ["sleep", "1000"]))
            try await box.runtime.start("m")
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let parent = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }?.split(separator: "\t").last
            kill(Int32(try #require(parent.flatMap { Int32($0) })), SIGKILL)
            #expect(try await box.runtime.wait("m").code == 137)
            #expect(try await box.runtime.state("m")?.status == .stopped)
            #expect(try await box.runtime.processes("m").isEmpty)
        }
    }

    @Test func pausedProcessesStandStillAndRefuseExec() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("p", ["sleep", "1000"]))
            try await box.runtime.start("p")
            try await box.runtime.pause("p")
            #expect(try await box.runtime.state("p")?.status == .paused)
            let process = try JSON(parsing: #"{"args":["/probe","exit","0"],"cwd":"/","user":{"uid":0,"gid":0}}"#)
            await #expect(throws: Fault.self) {
                _ = try await box.runtime.exec(
                    "p", execID: "e", process: process, openStdin: false, waitForAttach: false)
            }
            try await box.runtime.resume("p")
            #expect(try await box.runtime.state("p")?.status == .running)
        }
    }
}
