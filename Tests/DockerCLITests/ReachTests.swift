import CommandLine
import Fault
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import DockerCLI

/// A daemon that is not to be had, for the given reason.
private struct AbsentDaemon: DockerTransport {
    let reason: String
    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: HTTPBodyToSend
    ) async throws -> HTTPAnswer { throw Fault(.unavailable, reason) }
    func hijack(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: ByteBuffer?) async throws
        -> HTTPHijack
    { throw Fault(.unavailable, reason) }
    func upgrade(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders) async throws -> HTTPHijack {
        throw Fault(.unavailable, reason)
    }
    func dial() async throws -> any RawConnection { throw Fault(.unavailable, reason) }
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

    @Test(
        "ssh:// hosts become the original's command",
        arguments: [
            ("ssh://h", "ssh|-o ConnectTimeout=30|-T|--|h|docker|system|dial-stdio"),
            (
                "ssh://me@h:22/run/d.sock",
                "ssh|-o ConnectTimeout=30|-T|-l|me|-p|22|--|h|docker|--host|unix:///run/d.sock|system|dial-stdio"
            ),
            ("ssh://[::1]:22", "ssh|-o ConnectTimeout=30|-T|-p|22|--|::1|docker|system|dial-stdio"),
        ])
    func ssh(_ host: String, _ command: String) throws {
        #expect(try DaemonAddress.parse(host, tls: nil).ssh?.command == command.parts("|"))
    }

    @Test(
        "ssh:// hosts that can't be are refused in the original's words",
        arguments: [
            ("ssh://a:b@h", "plain-text password is not supported"),
            ("ssh://h?x=1", "query parameters are not allowed: \"x=1\""), ("ssh:///x", "hostname is empty"),
            ("ssh://h#f", "fragments are not allowed: \"f\""),
        ])
    func wrongSSH(_ host: String, _ why: String) {
        let failure = #expect(throws: Failure.self) { try DaemonAddress.parse(host, tls: nil) }
        #expect(failure?.description == "ssh host connection is not valid: invalid SSH URL: " + why)
    }
}
