import CommandLine
import Fault
import JSON
import NIOCore
import NIOHTTP1
import OCI
import Wire

/// One `docker build` by the endpoint of before BuildKit: sends the context and shows what the daemon says.
struct ClassicBuild: Sendable {
    let options: BuildOptions
    let session: Session

    func run(_ place: String) async throws {
        for tag in options.tags { try Self.check(tag: tag) }
        let context = try await BuildContextToSend.make(place, file: options.file, input: session.input)
        let answer = try await session.client.send(
            .POST, "/build", try query(context), headers: headers(), body: context.body)
        let id = ImageIDBox()
        try await show(answer, id)
        if options.isQuiet { session.out.line(id.value) }
        if !options.idFile.isEmpty { try WholeFile.replace(options.idFile, with: Array(id.value.utf8), mode: 0o644) }
    }

    private static func check(tag: String) throws {
        do { _ = try Reference(parsing: tag) } catch {
            throw Failure("invalid argument \"\(tag)\" for \"-t, --tag\" flag: \(error.message)", exitCode: 125)
        }
    }

    private func show(_ answer: HTTPAnswer, _ id: ImageIDBox) async throws {
        let output = session.out
        var display = ProgressDisplay(isTerminal: output.isTerminal, width: output.size()?.columns ?? 200)
        let documents = try session.client.documents(answer)
        while let message = try await documents.next() {
            if let text = message["aux"]["ID"].string { id.value = text }
            if let code = message["errorDetail"]["code"].int, code != 0 {
                throw Failure(message["errorDetail"]["message"].string ?? "the build failed", exitCode: Int32(code))
            }
            let text = try display.show(message)
            if !options.isQuiet { output.write(text) }
        }
    }

    private func headers() -> [(String, String)] {
        var all: JSON = [:]
        for server in session.configuration.json["auths"].object?.names ?? [] {
            if let credentials = try? session.configuration.credentials(for: server) { all[server] = credentials.json }
        }
        return [("Content-Type", "application/x-tar"), ("X-Registry-Config", DockerConfig.authHeader(all))]
    }

    private func query(_ context: BuildContextToSend) throws -> Query {
        var query: Query = options.tags.map { ("t", $0) }
        query.append(("buildargs", try arguments().text))
        if !options.cacheFrom.isEmpty { query.append(("cachefrom", JSON(options.cacheFrom).text)) }
        query.append(("dockerfile", context.dockerfile))
        if let remote = context.remote { query.append(("remote", remote)) }
        query.append(("labels", labels().text))
        let texts = [
            ("target", options.target), ("platform", options.platforms.first ?? ""),
            ("cgroupparent", options.cgroupParent),
            ("cpusetcpus", options.cpusetCPUs), ("cpusetmems", options.cpusetMemories),
            ("networkmode", options.network),
        ]
        for (name, value) in texts where !value.isEmpty { query.append((name, value)) }
        let numbers = [
            ("cpushares", Int64(options.cpuShares)), ("cpuperiod", Int64(options.cpuPeriod)),
            ("cpuquota", Int64(options.cpuQuota)), ("memory", options.memory), ("memswap", options.memorySwap),
            ("shmsize", options.sharedMemory),
        ]
        for (name, value) in numbers where value != 0 { query.append((name, "\(value)")) }
        let toggles = [
            ("nocache", options.ignoresCache), ("pull", options.pulls), ("q", options.isQuiet),
            ("rm", options.removes), ("forcerm", options.forcesRemoval),
        ]
        for (name, value) in toggles where value { query.append((name, "1")) }
        if !options.hosts.isEmpty { query.append(("extrahosts", JSON(options.hosts).text)) }
        return query
    }

    /// A name without a value takes that of this process's environment.
    private func arguments() throws -> JSON {
        var all: JSON = [:]
        for text in options.arguments {
            guard let (name, value) = text.cut("=") else {
                all[text] = session.environment[text].map { .string($0) } ?? .null
                continue
            }
            all[name] = .string(value)
        }
        return all
    }

    private func labels() -> JSON {
        var all: JSON = [:]
        for label in options.labels {
            let (name, value) = label.cut("=") ?? (label, "")
            all[name] = .string(value)
        }
        return all
    }
}

/// The image's ID, which comes in the middle of the stream.
private final class ImageIDBox: @unchecked Sendable {
    // Unchecked: written and read by one task.
    var value = ""
}
