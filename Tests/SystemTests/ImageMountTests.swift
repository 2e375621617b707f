import Foundation
import TestKit
import Testing

@Suite("Mounted images", .serialized)
struct ImageMountTests {
    @Test("--mount type=image shows an image's files, read-only, whole or in part", arguments: Client.available)
    func mounted(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            for image in ["busybox", "nginx"] { try await box.ok("pull", "-q", image) }
            let mount = "type=image,source=nginx,target=/web"
            let whole = try await box.docker(
                "run", "--rm", "--mount", mount, "busybox", "sh", "-c", "ls -d /web/usr; touch /web/x")
            #expect(whole.out == "/web/usr\n" && whole.status == 1)
            #expect(whole.err.contains("touch: /web/x: Read-only file system"))
            #expect(whole.err.contains("Image mount is an experimental feature"))
            #expect(
                try await box.ok("run", "--rm", "--mount", mount + ",image-subpath=etc/nginx", "busybox", "ls", "/web")
                    .contains("nginx.conf"))
            let missing = try await box.docker(
                "run", "--rm", "--mount", mount + ",image-subpath=nowhere", "busybox", "true")
            #expect(missing.status != 0 && missing.err.contains("nowhere"), "\(missing)")
            let unknown = try await box.docker("create", "--mount", "type=image,source=nope,target=/x", "busybox")
            #expect(unknown.err.contains("No such image: nope:latest"), "\(unknown)")
        }
    }

    @Test("image mounts survive the daemon, a restart, cp, their image's removal, and go with their container")
    func lasting() async throws {
        try await Sandbox.with { box in
            try await box.ok("pull", "-q", "nginx")
            try await box.ok(
                "run", "-d", "--name", "holder", "--mount", "type=image,source=nginx,target=/web", "--mount",
                "type=image,source=nginx,target=/etc/web,image-subpath=etc/nginx", "busybox", "sleep", "1000")
            #expect(
                try await box.ok(
                    "inspect", "-f", "{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}};{{end}}", "holder")
                    == "image nginx /etc/web false;image nginx /web false;")
            try await box.ok("run", "--rm", "--volumes-from", "holder", "busybox", "test", "-d", "/web/usr")
            try await box.ok("rmi", "-f", "nginx")
            try await box.stopDaemon(SIGKILL)
            try await box.startDaemon()
            try await box.ok("exec", "holder", "test", "-f", "/web/etc/nginx/nginx.conf")
            try await box.ok("restart", "-t", "0", "holder")
            try await box.ok("exec", "holder", "test", "-f", "/etc/web/nginx.conf")
            try await box.ok("stop", "-t", "0", "holder")
            #expect(try await box.ok("cp", "holder:/web/etc/nginx/nginx.conf", "-").contains("worker"))
            try await box.ok("rm", "holder")
            let left = try FileManager.default.contentsOfDirectory(atPath: box.root + "/data/images/snapshots")
            #expect(left.isEmpty, "\(left)")
        }
    }
}
