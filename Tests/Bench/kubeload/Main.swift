import Foundation
import NIOCore
import NIOPosix

/// Load for any Kubernetes API server, by kubeconfig, and what it took:
///
///     kubeload --kubeconfig FILE [--pid PID]… [--only NAME,…] [--clients 1,32] [--count N] [--seconds N] [--json]
///
/// Each line is one measurement: requests a second, median and 99th percentile of the answer's time, CPU seconds of the
/// given processes (the server, its store) for 1,000 requests. Every measurement ends after a number of requests or
/// seconds, whichever is first. It speaks HTTP/1.1 over TLS, one connection a client, on one thread: what it costs
/// itself stays small and the same for every server.
@main struct Main {
    static func main() async throws {
        let options: Options
        do { options = try Options(CommandLine.arguments.dropFirst()) } catch {
            FileHandle.standardError.write(Data("kubeload: \(error)\n".utf8))
            exit(2)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let server = try Server(kubeconfig: options.kubeconfig)
            try await Suite(server: server, options: options, loop: group.next()).run()
        } catch {
            FileHandle.standardError.write(Data("kubeload: \(error)\n".utf8))
            exit(1)
        }
        try await group.shutdownGracefully()
    }
}

struct Options: Sendable {
    var kubeconfig = ProcessInfo.processInfo.environment["KUBECONFIG"] ?? ""
    var pids: [Int] = []
    /// Measurements with these names, or with one of them and a hyphen before more; empty: all but the large ones.
    var only: [String] = []
    var clients = [1, 32]
    /// Requests of a measurement with 32 clients; a fifth of it with one.
    var count = 5_000
    /// Longest that a measurement may take.
    var seconds = 20.0
    var json = false

    init(_ words: ArraySlice<String>) throws {
        var words = Array(words)
        func value() throws -> String {
            if words.isEmpty { throw Failure("the last option needs a value") }
            return words.removeFirst()
        }
        while !words.isEmpty {
            let name = words.removeFirst()
            switch name {
            case "--kubeconfig": kubeconfig = try value()
            case "--pid": pids.append(try number(value()))
            case "--only": only = try value().split(separator: ",").map(String.init)
            case "--clients": clients = try value().split(separator: ",").map { try number(String($0)) }
            case "--count": count = try number(value())
            case "--seconds": seconds = Double(try number(value()))
            case "--json": json = true
            default: throw Failure("unknown option \(name): see the head of Main.swift")
            }
        }
        if kubeconfig.isEmpty { throw Failure("--kubeconfig FILE is needed") }
    }

    private func number(_ text: String) throws -> Int {
        guard let number = Int(text), number > 0 else { throw Failure("\(text) is no number above 0") }
        return number
    }

    func wants(_ name: String) -> Bool {
        let isLarge = ["fill-", "list-pods", "list-100000", "watch-1000"].contains { name.hasPrefix($0) }
        return only.isEmpty ? !isLarge : only.contains { name == $0 || name.hasPrefix($0 + "-") }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
