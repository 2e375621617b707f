import Foundation
import TestKit
import Testing

@Suite("A daemon behind ssh", .serialized)
struct RemoteTests {
    /// Does what sshd would: runs the words after the host's name.
    private static let ssh = """
        #!/bin/sh
        while [ "$1" != -- ]; do shift; done
        shift 2
        DOCKER_HOST=$REMOTE_DOCKER_HOST exec "$@"
        """

    @Test(
        "-H ssh:// speaks through ssh and dial-stdio, ours and the original's at either end",
        arguments: Client.available)
    func ssh(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let folder = box.root + "/ssh"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Self.ssh.write(toFile: folder + "/ssh", atomically: true, encoding: .utf8)
            chmod(folder + "/ssh", 0o755)
            let near = "export PATH=\(folder):$PATH REMOTE_DOCKER_HOST=$DOCKER_HOST; unset DOCKER_HOST; "
            for far in ["docker", "\(Repo.hako) docker"] {
                // The name that the far end is called by.
                try "#!/bin/sh\nexec \(far == "docker" ? box.root + "/bin/docker" : far) \"$@\"\n"
                    .write(toFile: folder + "/docker", atomically: true, encoding: .utf8)
                chmod(folder + "/docker", 0o755)
                let docker = "\(box.root)/bin/docker -H ssh://me@far:22"
                let run = try await box.shell(
                    near + "echo words | \(docker) run --rm -i busybox sh -c 'cat; echo oops >&2; exit 3'")
                #expect(run.out == "words\n" && run.err.hasSuffix("oops\n") && run.status == 3, "\(run)")
                let list = try await box.shell(near + "\(docker) image ls --format '{{.Repository}}'")
                #expect(list.out == "busybox\n", "\(list)")
                let path = try await box.shell(near + "\(docker)\(box.socket) ps -q")
                #expect(path.status == 0 && path.out.isEmpty, "\(path)")
            }
            try "#!/bin/sh\necho 'no route' >&2; exit 255\n".write(
                toFile: folder + "/ssh", atomically: true, encoding: .utf8)
            chmod(folder + "/ssh", 0o755)
            let failed = try await box.shell(near + "\(box.root)/bin/docker -H ssh://me@far ps")
            #expect(
                failed.status == 1 && failed.err.contains("command [ssh -o ConnectTimeout=30 -T -l me -- far docker"))
            #expect(failed.err.contains("stderr=no route"), "\(failed)")
        }
    }
}
