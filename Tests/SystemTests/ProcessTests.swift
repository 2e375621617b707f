import Foundation
import TestKit
import Testing

/// What a container's processes find around them.
@Suite("Inside a container", .serialized)
struct ProcessTests {
    @Test("an exec's working folder has to be there; a container's is made", arguments: Client.available)
    func workingFolder(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "-d", "--name", "box", "-w", "/made/../new/", "busybox", "sleep", "1000")
            #expect(try await box.ok("exec", "box", "pwd") == "/new")
            let missing = try await box.docker("exec", "-w", "/nope", "box", "true")
            #expect(missing.status == 127, "\(missing)")
            #expect(
                (missing.out + missing.err).contains(
                    "chdir to cwd (\"/nope\") set in config.json failed: no such file or directory"), "\(missing)")
            #expect(try await box.docker("exec", "box", "ls", "-d", "/nope").status == 1)
        }
    }

    @Test("Docker's marks are there, and a read-only root has read-only host files", arguments: Client.available)
    func marks(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            #expect(
                try await box.ok(
                    "run", "--rm", "busybox", "sh", "-c", "test -f /.dockerenv && readlink /etc/mtab") == "/proc/mounts"
            )
            #expect(
                try await box.ok(
                    "run", "--rm", "--hostname", "web.example", "--domainname", "com", "busybox", "sh", "-c",
                    "grep web /etc/hosts | cut -f2") == "web.example.com web")
            let write = try await box.docker(
                "run", "--rm", "--read-only", "busybox", "sh", "-c", "echo x >/etc/hosts")
            #expect(write.status == 1 && write.err.contains("Read-only file system"), "\(write)")
            try await box.ok("run", "--name", "plain", "busybox", "true")
            #expect(
                try await box.ok("diff", "plain").isEmpty, "what the engine puts there is no change of the container's")
        }
    }

    @Test("a bind mount's propagation needs a host that shares", arguments: Client.available)
    func propagation(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let folder = box.root + "/folder"
            let script = """
                mkdir -p \(folder); mount -t tmpfs t \(folder); mount --make-private \(folder)
                docker run --rm -v \(folder):/x:rshared busybox true; echo $?
                docker run --rm --mount type=bind,src=\(folder),dst=/x,bind-propagation=slave busybox true; echo $?
                mount --make-shared \(folder); docker run --rm -v \(folder):/x:rslave busybox true; echo $?
                umount \(folder)
                """
            let answer = try await box.shell(script)
            #expect(answer.out == "125\n125\n0\n", "\(answer)")
            #expect(
                answer.err.contains("path \(folder) is mounted on \(folder) but it is not a shared mount")
                    && answer.err.contains("is not a shared or slave mount"), "\(answer)")
        }
    }

    @Test("limits are lifted as they are set", arguments: Client.available)
    func lifted(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "-d", "--name", "box", "--pids-limit", "7", "busybox", "sleep", "1000")
            let limit = "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null"
            #expect(try await box.shell("docker exec box sh -c '\(limit)'").out == "7\n")
            try await box.ok("update", "--pids-limit", "-1", "box")
            #expect(try await box.shell("docker exec box sh -c '\(limit)'").out == "max\n")
            #expect(try await box.ok("inspect", "-f", "{{.HostConfig.PidsLimit}}", "box") == "0")
            try await box.ok("run", "-d", "--rm", "--name", "once", "busybox", "sleep", "1000")
            let policy = try await box.docker("update", "--restart", "always", "once")
            #expect(policy.err.contains("Restart policy cannot be updated because AutoRemove is enabled"), "\(policy)")
        }
    }
}
