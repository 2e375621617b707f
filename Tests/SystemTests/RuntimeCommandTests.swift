import Foundation
import TestKit
import Testing

/// The OCI command line, and the same of runc where it is installed: engines know runtimes by what runc does.
@Suite("OCI runtime", .serialized)
struct RuntimeCommandTests {
    @Test(
        "a container goes from created to deleted, and its program runs only once it is started",
        arguments: OCIRuntime.available)
    func lifecycle(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            try bundle.configure(["sh", "-c", "echo started > /mark; sleep 1000"])
            try await bundle.ok("create", "--pid-file", bundle.folder + "/pid", bundle.id)
            #expect(try await bundle.status() == "created")
            let pid = try String(contentsOfFile: bundle.folder + "/pid", encoding: .utf8)
            #expect(try await bundle.ok("state", bundle.id).contains("\"pid\": \(pid),"))
            #expect(!FileManager.default.fileExists(atPath: bundle.root + "/mark"))
            try await bundle.ok("start", bundle.id)
            try await until("the program runs") { FileManager.default.fileExists(atPath: bundle.root + "/mark") }
            #expect(try await bundle.status() == "running")
            #expect(try await bundle.ok("list", "-q") == bundle.id + "\n")
            #expect(try await bundle.ok("ps", "-f", "json", bundle.id).contains(pid))
            try await bundle.ok("kill", bundle.id, "KILL")
            try await until("it is stopped") { try await bundle.status() == "stopped" }
            try await bundle.ok("delete", bundle.id)
            #expect(try await bundle.ok("list", "-q") == "")
        }
    }

    @Test("what can't be is refused in runc's words", arguments: OCIRuntime.available)
    func refusals(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            func refuses(_ words: String, _ answer: Answer, _ status: Int32 = 1) {
                #expect(answer.status == status && answer.err.contains(words), "\(words): \(answer)")
            }
            refuses("container does not exist", try await bundle.call("state", bundle.id))
            refuses("container does not exist", try await bundle.call("start", bundle.id))
            refuses("container does not exist", try await bundle.call("kill", bundle.id, "9"))
            refuses("container does not exist", try await bundle.call("delete", bundle.id))
            try await bundle.ok("delete", "--force", bundle.id)
            refuses("invalid", try await bundle.call("create", "a/b"))
            try bundle.configure(["sleep", "1000"])
            try await bundle.ok("create", bundle.id)
            refuses("container with given ID already exists", try await bundle.call("create", bundle.id))
            try await bundle.ok("start", bundle.id)
            refuses("cannot start an already running container", try await bundle.call("start", bundle.id))
            refuses("that is not stopped: running", try await bundle.call("delete", bundle.id))
            refuses("unknown signal", try await bundle.call("kill", bundle.id, "NOSUCH"))
            refuses("container not paused", try await bundle.call("resume", bundle.id))
            try await bundle.ok("kill", bundle.id, "KILL")
            try await until("it is stopped") { try await bundle.status() == "stopped" }
            refuses("container not running", try await bundle.call("kill", bundle.id, "KILL"))
            refuses("cannot start a container that has stopped", try await bundle.call("start", bundle.id))
            refuses("cannot exec in a stopped container", try await bundle.call("exec", bundle.id, "true"), 255)
        }
    }

    @Test("run and exec end as their program does", arguments: OCIRuntime.available)
    func exitCodes(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            try bundle.configure(["sh", "-c", "echo out; echo err >&2; exit 3"])
            let run = try await bundle.call("run", bundle.id)
            #expect(run.status == 3 && run.out == "out\n" && run.err == "err\n", "\(run)")
            #expect(try await bundle.ok("list", "-q") == "", "and nothing of it stays")
            try bundle.configure(["nosuch"])
            let missing = try await bundle.call("run", bundle.id)
            #expect(missing.status == 1 && missing.err.contains("executable file not found in $PATH"), "\(missing)")
            try bundle.configure(["sleep", "1000"])
            try await bundle.ok("run", "--detach", bundle.id)
            #expect(try await bundle.call("exec", bundle.id, "sh", "-c", "exit 7").status == 7)
            let absent = try await bundle.call("exec", bundle.id, "nosuch")
            #expect(absent.status == 255 && absent.err.contains("executable file not found in $PATH"), "\(absent)")
            let words = ["--cwd", "/tmp", "--env", "A=b", "--user", "1:2"]
            let exec = try await bundle.call(
                "exec", words[0], words[1], words[2], words[3], words[4], words[5], bundle.id,
                "sh", "-c", "echo $A $(pwd) $(id -u):$(id -g)")
            #expect(exec.out == "b /tmp 1:2\n", "\(exec)")
        }
    }

    @Test("hooks run in order, each with the state of its moment", arguments: OCIRuntime.available)
    func hooks(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            let names = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"]
            let inside =
                #""startContainer":[{"path":"/bin/sh","args":["sh","-c","cat > /inside"],"env":["PATH=/bin"]}]"#
            try bundle.configure(
                ["sleep", "1000"], hooks: (names.map { bundle.hook($0) } + [inside]).joined(separator: ","))
            try await bundle.ok("create", bundle.id)
            try await bundle.ok("start", bundle.id)
            try await until("the hook in the container ran") {
                (try? String(contentsOfFile: bundle.root + "/inside", encoding: .utf8))?.hasSuffix("}") == true
            }
            try await bundle.ok("delete", "--force", bundle.id)
            let record = try String(contentsOfFile: bundle.record, encoding: .utf8)
            let lines = record.split(separator: "\n")
            #expect(lines.compactMap { $0.split(separator: " ").first.map(String.init) } == names)
            for line in lines {
                #expect(line.contains("\"id\":\"\(bundle.id)\"") && line.contains("\"bundle\":\"\(bundle.folder)\""))
                #expect(line.contains("\"annotations\":{\"test.key\":\"value\"}"))
                if line.hasPrefix("prestart") || line.hasPrefix("create") {
                    #expect(line.contains("\"status\":\"creating\"") && line.contains("\"pid\":"))
                }
            }
            #expect(lines.last?.contains("\"status\":\"stopped\"") == true)
            if runtime == .hako { #expect(record.contains("poststart {") && record.contains("\"status\":\"running\"")) }
            #expect(
                try String(contentsOfFile: bundle.root + "/inside", encoding: .utf8).contains("\"status\":\"created\""))
        }
    }

    @Test(
        "a hook that fails while the container is created undoes it, and what is for its end still runs",
        arguments: OCIRuntime.available, ["prestart", "createRuntime", "createContainer"])
    func failingHook(_ runtime: OCIRuntime, _ name: String) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            try bundle.configure(
                ["true"], hooks: bundle.hook(name, then: "exit 5") + "," + bundle.hook("poststop"))
            let create = try await bundle.call("create", bundle.id)
            #expect(create.status == 1 && create.err.contains("exit status 5"), "\(create)")
            #expect(try await bundle.call("state", bundle.id).err.contains("container does not exist"))
            let record = try String(contentsOfFile: bundle.record, encoding: .utf8).split(separator: "\n")
            #expect(record.count == 2 && record.last?.hasPrefix("poststop ") == true, "\(record)")
            #expect(record.last?.contains("\"status\":\"stopped\"") == true, "\(record)")
        }
    }

    @Test("a failing poststop hook keeps nothing from going", arguments: OCIRuntime.available)
    func failingPoststop(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            try bundle.configure(["true"], hooks: bundle.hook("poststop", then: "exit 5"))
            let run = try await bundle.call("run", bundle.id)
            #expect(run.status == 0 && run.err.contains("exit status 5"), "\(run)")
            #expect(try await bundle.ok("list", "-q") == "")
        }
    }

    @Test("mounts are in the configuration's order, binds and filesystems alike", arguments: OCIRuntime.available)
    func mountOrder(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            try bundle.configure(
                ["cat", "/proc/self/mountinfo"],
                mounts: [
                    #"{"destination":"/tmp/one","type":"tmpfs","source":"tmpfs","options":["size=4k"]}"#,
                    #"{"destination":"/tmp/two","source":"/etc","options":["bind","rslave","ro"]}"#,
                    #"{"destination":"/tmp/three","type":"tmpfs","source":"tmpfs","options":["size=4k"]}"#,
                    #"{"destination":"/tmp/four","source":"/etc","options":["rbind","unbindable"]}"#,
                ])
            let lines = try await bundle.ok("run", bundle.id).split(separator: "\n").map { $0.split(separator: " ") }
            let places = lines.map { String($0[4]) }.filter { $0.hasPrefix("/tmp/") || $0 == "/dev" || $0 == "/proc" }
            #expect(places == ["/proc", "/dev", "/tmp/one", "/tmp/two", "/tmp/three", "/tmp/four"])
            #expect(lines.first { $0[4] == "/tmp/two" }?[5].hasPrefix("ro") == true)
            #expect(lines.first { $0[4] == "/tmp/four" }?[6] == "unbindable")
        }
    }

    @Test("pausing, limits, statistics", arguments: OCIRuntime.available)
    func control(_ runtime: OCIRuntime) async throws {
        try await RuntimeBundle.with(runtime) { bundle in
            try bundle.configure(
                ["sleep", "1000"], linux: #""resources":{"memory":{"limit":67108864},"pids":{"limit":50}}"#)
            try await bundle.ok("run", "--detach", bundle.id)
            try await bundle.ok("pause", bundle.id)
            #expect(try await bundle.status() == "paused")
            #expect(try await bundle.call("exec", bundle.id, "true").status == 255)
            try await bundle.ok("resume", bundle.id)
            #expect(try await bundle.status() == "running")
            func limit() async throws -> String {
                let events = try await bundle.ok("events", "--stats", bundle.id)
                let memory = events.components(separatedBy: "\"usage\":{\"limit\":")
                return memory.count > 1 ? String(memory[1].prefix { $0.isNumber }) : events
            }
            #expect(try await limit() == "67108864")
            try await bundle.ok("update", "--memory", "32m", "--pids-limit", "20", bundle.id)
            #expect(try await limit() == "33554432")
            #expect(
                try await bundle.ok("events", "--stats", bundle.id).contains("\"pids\":{\"current\":1,\"limit\":20}"))
        }
    }

    @Test("under whatever name the program is kept, its runtime runs a container to its end")
    func otherName() async throws {
        try await RuntimeBundle.with { bundle in
            try bundle.configure(["sh", "-c", "exit 4"])
            let name = bundle.folder + "/hako-1.0"
            try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: Repo.hako)
            let run = try await Command.run(
                [name, "runtime", "--root", bundle.folder + "/state", "run", "--bundle", bundle.folder, bundle.id],
                seconds: 20)
            #expect(run.status == 4, "\(run)")
        }
    }
}
