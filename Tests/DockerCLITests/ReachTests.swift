import DockerCLI
import Fault
import NIOCore
import NIOHTTP1
import Testing
import Wire

/// A daemon that is not to be had, for the given reason.
private struct AbsentDaemon: DockerTransport {
    let reason: String
    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: HTTPBodyToSend
    ) async throws -> HTTPAnswer { throw Fault(.unavailable, reason) }
    func hijack(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: ByteBuffer?) async throws
        -> HTTPHijack
    { throw Fault(.unavailable, reason) }
}

@Suite struct ReachTests {
    @Test(
        "a daemon that can't be reached, or that failed to start, is told of with its reason",
        arguments: [
            "permission denied while trying to connect to the Docker daemon socket at unix:///run/hako/docker.sock",
            "the daemon ended before it listened; its log, /run/hako/daemon.log, ends:\ninvalid bip \"nonsense\"",
        ])
    func reason(_ reason: String) async {
        let version = await Client.run(["version", "-f", "{{.Server.Version}}"], on: AbsentDaemon(reason: reason))
        #expect(version.out == "\n" && version.err == reason + "\n")
        let client = await Client.run(["ps"], on: AbsentDaemon(reason: reason))
        #expect(client.err == reason + "\n")
        #expect(client.exitCode == 1)
    }
}
