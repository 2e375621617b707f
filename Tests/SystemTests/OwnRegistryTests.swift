import Foundation
import TestKit
import Testing

/// `hako registry serve` to the clients that there are.
@Suite("A registry of our own", .serialized)
struct OwnRegistryTests {
    private func registry(_ box: Sandbox, _ address: String) async throws -> Service {
        let service = try Service(
            [Repo.hako, "registry", "serve", "--addr", address, "--data-root", box.root + "/registry"],
            logFile: box.root + "/registry.log")
        try await until("the registry answers") {
            try await Command.run(["curl", "-sf", "http://\(address)/v2/"]).status == 0
        }
        return service
    }

    @Test("docker pushes to it and pulls from it, skopeo copies, lists and deletes", arguments: Client.available)
    func clients(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let address = "127.0.0.1:\(try freePort())"
            let service = try await registry(box, address)
            defer { service.stop() }
            try await box.ok("pull", "-q", "busybox")
            try await box.ok("tag", "busybox", "\(address)/team/bb:1")
            let pushed = try await box.ok("push", "\(address)/team/bb:1")
            #expect(pushed.contains("1: digest: sha256:"), "\(pushed)")
            try await box.ok("tag", "busybox", "\(address)/other/bb:1")
            let again = try await box.ok("push", "\(address)/other/bb:1")
            #expect(again.contains("Mounted from team/bb"), "\(again)")
            try await box.ok("rmi", "busybox", "\(address)/team/bb:1", "\(address)/other/bb:1")
            #expect(
                try await box.ok("run", "--rm", "\(address)/other/bb:1", "echo", "from our own").hasSuffix(
                    "from our own"))

            let copied = try await box.shell(
                """
                set -e
                skopeo copy -q --src-tls-verify=false --dest-tls-verify=false docker://\(address)/team/bb:1 docker://\(address)/third/bb:2
                skopeo list-tags --tls-verify=false docker://\(address)/third/bb | grep -c '"2"'
                skopeo delete --tls-verify=false docker://\(address)/third/bb:2
                skopeo list-tags --tls-verify=false docker://\(address)/third/bb | grep -c '"2"' || true
                """)
            #expect(copied.status == 0 && copied.out == "1\n0\n", "\(copied)")
        }
    }

    @Test("what an upload had brought before a kill -9 of the registry is gone on with")
    func killed() async throws {
        try await Sandbox.with { box in
            let address = "127.0.0.1:\(try freePort())"
            var service = try await registry(box, address)
            let first = try await box.shell(
                """
                set -e; cd '\(box.root)'
                head -c 3000000 /dev/urandom > blob; head -c 2000000 blob > begin; tail -c +2000001 blob > end
                curl -sf -X POST -D head -o /dev/null http://\(address)/v2/a/blobs/uploads/
                place=$(tr -d '\\r' < head | sed -n 's/^location: //Ip')
                curl -sf -X PATCH --data-binary @begin -H 'Content-Range: 0-1999999' -o /dev/null http://\(address)$place
                echo $place
                """)
            #expect(first.status == 0, "\(first)")
            service.signal(SIGKILL)
            service.stop()
            service = try await registry(box, address)
            defer { service.stop() }
            let place = first.out.trimmingCharacters(in: .whitespacesAndNewlines)
            let rest = try await box.shell(
                """
                set -e; cd '\(box.root)'
                curl -sf -D - -o /dev/null http://\(address)\(place) | tr -d '\\r' | sed -n 's/^range: //Ip'
                digest=sha256:$(sha256sum < blob | cut -c-64)
                curl -sf -X PUT --data-binary @end -H 'Content-Range: 2000000-2999999' "http://\(address)\(place)?digest=$digest"
                curl -sf http://\(address)/v2/a/blobs/$digest | cmp - blob && echo whole
                """)
            #expect(rest.status == 0 && rest.out == "0-1999999\nwhole\n", "\(rest)")
        }
    }

    @Test("docker manifest makes one name for images of two platforms", arguments: Client.available)
    func manifests(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let address = "127.0.0.1:\(try freePort())"
            let service = try await registry(box, address)
            defer { service.stop() }
            try await box.ok("pull", "-q", "busybox")
            for (image, place) in [("one", "app"), ("two", "other")] {
                let made = try await box.shell(
                    """
                    printf 'FROM busybox\nLABEL is=\(image)\n' | docker build -q -t \(address)/\(place):\(image) - && docker push -q \(address)/\(place):\(image)
                    """)
                #expect(made.status == 0, "\(made)")
            }
            let list = "\(address)/app:all"
            let created = try await box.ok(
                "manifest", "create", "--insecure", list, "\(address)/app:one", "\(address)/other:two")
            #expect(created == "Created manifest list \(list)")
            let again = try await box.docker("manifest", "create", "--insecure", list, "\(address)/app:one")
            #expect(
                again.status == 1
                    && again.err.contains("refusing to amend an existing manifest list with no --amend flag"))
            try await box.ok("manifest", "annotate", "--arch", "arm64", "--variant", "v8", list, "\(address)/other:two")
            let pushed = try await box.ok("manifest", "push", "--insecure", "--purge", list)
            #expect(pushed.hasPrefix("Pushed ref \(address)/app@sha256:"), "\(pushed)")
            #expect(pushed.split(separator: "\n").last?.hasPrefix("sha256:") == true, "\(pushed)")
            let shown = try await box.ok("manifest", "inspect", "--insecure", list)
            #expect(shown.contains("\"architecture\": \"amd64\"") && shown.contains("\"variant\": \"v8\""), "\(shown)")
            try await box.ok("rmi", "\(address)/app:one")
            try await box.ok("pull", "-q", list)
            #expect(try await box.ok("inspect", "-f", "{{.Config.Labels}}", list) == "map[is:one]")
            let gone = try await box.docker("manifest", "inspect", "--insecure", "\(address)/app:nothing")
            #expect(gone.status == 1 && gone.err.contains("no such manifest: \(address)/app:nothing"), "\(gone)")
        }
    }

    @Test("another address than loopback needs a password file or --open")
    func careful() async throws {
        let refused = try await Command.run([
            Repo.hako, "registry", "serve", "--addr", "0.0.0.0:0", "--data-root", "/nonexistent",
        ])
        #expect(refused.status == 1 && refused.err.contains("--password-file"), "\(refused)")
    }
}
