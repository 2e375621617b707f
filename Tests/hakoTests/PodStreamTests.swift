import Foundation
import JSON
import KubeModel
import Logging
import NIOCore
import NIOPosix
import TestKit
import Testing
import Wire

@testable import KubeAPIServer

/// The original kubectl's and our own logs, exec, attach and port-forward, through the server to a node that answers from memory.
@Suite("streams to pods", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct PodStreamTests {
    /// WebSocket, which kubectl prefers, and SPDY, which it falls back on; and our own kubectl.
    static let protocols = ["true", "false", "ours"]

    @Test("exec carries input, output, errors and the exit status", arguments: protocols)
    func exec(sockets: String) async throws {
        try await withServer { kubectl in
            let echo = try await kubectl(["exec", "-i", "web", "--", "cat"], "one\ntwo\n", sockets)
            #expect(echo.status == 0 && echo.out == "one\ntwo\n", "\(echo)")
            let failed = try await kubectl(["exec", "web", "--", "fail", "3"], "", sockets)
            #expect(failed.status == 3, "\(failed)")
            #expect(failed.err.contains("going wrong"), "\(failed)")
            let large = String(repeating: "0123456789abcdef", count: 40_000)
            let copied = try await kubectl(["exec", "-i", "web", "--", "cat"], large, sockets)
            #expect(copied.status == 0 && copied.out == large, "\(copied.out.count) of \(large.count): \(copied.err)")
        }
    }

    @Test("attach joins the container's own program", arguments: protocols)
    func attach(sockets: String) async throws {
        try await withServer { kubectl in
            let joined = try await kubectl(["attach", "-i", "web"], "hello\n", sockets)
            #expect(joined.status == 0 && joined.out.contains("attached to main: hello"), "\(joined)")
        }
    }

    @Test("logs come with the options that were asked for", arguments: ["true", "ours"])
    func logs(sockets: String) async throws {
        try await withServer { kubectl in
            #expect(try await kubectl(["logs", "web"], "", sockets).out == "main: all\n")
            #expect(
                try await kubectl(["logs", "web", "--tail=5", "-p"], "", sockets).out == "main: last 5, previous\n")
            let wrong = try await kubectl(["logs", "web", "-c", "nope"], "", sockets)
            #expect(wrong.err.contains("container nope is not valid for pod web"), "\(wrong)")
        }
    }

    @Test("port-forward carries connections to the pod's port", arguments: protocols)
    func portForward(sockets: String) async throws {
        try await withServer { kubectl in
            let port = try freePort()
            let line = """
                kubectl port-forward pod/web \(port):80 >/dev/null & p=$!
                for i in $(seq 100); do { exec 3<>/dev/tcp/127.0.0.1/\(port); } 2>/dev/null && break; sleep 0.05; done
                printf ping >&3; timeout 5 cat <&3
                kill $p; wait $p 2>/dev/null; true
                """
            let answer = try await kubectl(["SHELL", line], "", sockets)
            #expect(answer.out == "port 80 got ping", "\(answer)")
        }
    }

    private func withServer(
        _ body: (_ kubectl: ([String], String, String) async throws -> TestKit.Answer) async throws -> Void
    ) async throws {
        let root = NSTemporaryDirectory() + "hako-streams-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = root + "/data"
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount"]
        let server = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, node: EchoNode(), log: Logger(label: "test"))
        try server.writeKubeconfig(to: root + "/kubeconfig")
        try FileManager.default.createDirectory(atPath: root + "/bin", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: root + "/bin/kubectl", withDestinationPath: Repo.hako)
        let kubectl: ([String], String, String) async throws -> TestKit.Answer = { words, input, sockets in
            let first = sockets == "ours" ? root + "/bin:" : ""
            let environment = [
                "KUBECONFIG": root + "/kubeconfig", "HOME": root,
                "PATH": first + Repo.root + "/out/kube/bin:/usr/bin:/bin",
                "KUBECTL_REMOTE_COMMAND_WEBSOCKETS": sockets, "KUBECTL_PORT_FORWARD_WEBSOCKETS": sockets,
            ]
            let command = words[0] == "SHELL" ? ["bash", "-c", words[1]] : ["kubectl"] + words
            return try await Command.run(command, environment: environment, input: input, seconds: 60)
        }
        do {
            let pod = """
                apiVersion: v1
                kind: Pod
                metadata: {name: web}
                spec: {nodeName: n1, containers: [{name: main, image: x, stdin: true}]}
                """
            let made = try await kubectl(["create", "-f", "-"], pod, "true")
            #expect(made.status == 0, "\(made)")
            // kubectl attaches to running pods only.
            let running =
                #"{"status":{"phase":"Running","containerStatuses":[{"name":"main","ready":true,"started":true,"image":"x","imageID":"","restartCount":0,"state":{"running":{}}}]}}"#
            let patched = try await kubectl(["patch", "pod", "web", "--subresource=status", "-p", running], "", "true")
            #expect(patched.status == 0, "\(patched)")
            try await body(kubectl)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

/// A node whose containers say what they were asked.
private struct EchoNode: NodeInterface {
    func log(of pod: JSON, _ options: PodLogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<ByteBuffer, any Error>
    {
        let tail = options.tailLines.map { "last \($0)" } ?? "all"
        let text = "\(options.container): \(tail)\(options.isPrevious ? ", previous" : "")\n"
        return AsyncThrowingStream { stream in
            stream.yield(ByteBuffer(string: text))
            stream.finish()
        }
    }

    func exec(in pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    {
        do {
            switch options.command.first {
            case "cat": while let bytes = try await streams.readInput() { try await streams.writeOutput(bytes) }
            case "fail":
                try await streams.writeError(ByteBuffer(string: "going wrong\n"))
                return .exited(Int(options.command[1]) ?? 1)
            default: return .failed("no such command")
            }
            return .exited(0)
        } catch {
            return .failed("\(error)")
        }
    }

    func attach(to pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    {
        do {
            guard let bytes = try await streams.readInput() else { return .exited(0) }
            try await streams.writeOutput(
                ByteBuffer(string: "attached to \(options.container): \(String(buffer: bytes))"))
            return .exited(0)
        } catch {
            return .failed("\(error)")
        }
    }

    func forward(to pod: JSON, port: Int, _ connection: any RawConnection) async throws(APIStatus) {
        do {
            guard let bytes = try await connection.read() else { return }
            try await connection.write(ByteBuffer(string: "port \(port) got \(String(buffer: bytes))"))
        } catch {
            throw .internalError("\(error)")
        }
    }
}
