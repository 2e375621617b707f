import DockerModel
import Fault
import JSON
import KubeModel
import Wire

/// What a probe answered once.
enum ProbeAnswer: Sendable, Equatable {
    case success
    /// It went well, but people should know.
    case warning(String)
    case failure(String)
    /// Nothing was found out; a sentence.
    case unknown(String)
}

/// One probe of one container.
struct Probe: Sendable {
    let kind: ProbeKind
    /// The pod's `livenessProbe`, `readinessProbe` or `startupProbe`.
    let definition: JSON
    let container: JSON
    let containerID: String
    /// The pod's.
    let address: String
    /// `kube-probe/1.36`.
    let agent: String
    let engine: any ContainerBackend

    var initialDelay: Int { definition["initialDelaySeconds"].int ?? 0 }
    var period: Int { max(1, definition["periodSeconds"].int ?? 10) }
    var timeout: Double { Double(max(1, definition["timeoutSeconds"].int ?? 1)) }
    var tally: ProbeTally {
        ProbeTally(
            successes: max(1, definition["successThreshold"].int ?? 1),
            failures: max(1, definition["failureThreshold"].int ?? 3))
    }

    /// Tries again when nothing could be found out; the original's number of tries.
    func ask() async -> ProbeAnswer {
        var answer = ProbeAnswer.unknown("")
        for _ in 0..<3 {
            answer = await askOnce()
            guard case .unknown = answer, !Task.isCancelled else { return answer }
        }
        return answer
    }

    private func askOnce() async -> ProbeAnswer {
        if definition.has("exec") { return await askCommand(definition["exec"]["command"].strings) }
        if definition.has("httpGet") { return await askHTTP(definition["httpGet"]) }
        if definition.has("tcpSocket") { return await askTCP(definition["tcpSocket"]) }
        if definition.has("grpc") { return await askGRPC(definition["grpc"]) }
        return .unknown("missing probe handler for \(container.text("name"))")
    }

    // MARK: exec

    private func askCommand(_ command: [String]) async -> ProbeAnswer {
        do {
            let outcome = try await ContainerCommand.run(command, in: containerID, engine, timeout: timeout)
            return outcome.exitCode == 0 ? .success : .failure(outcome.output)
        } catch is TimedOut {
            let shown = GoText.quoted(command.joined(separator: " "))
            return .failure("command timed out: \(shown) timed out after \(Int(timeout))s")
        } catch {
            return .unknown(sentence(error))
        }
    }

    // MARK: httpGet

    private func askHTTP(_ action: JSON) async -> ProbeAnswer {
        let request: HTTPGet
        do throws(PodFault) {
            request = try HTTPGet(action, container, address: address, agent: agent)
        } catch {
            return .unknown(error.message)
        }
        do {
            let answer = try await within(timeout) { try await request.send() }
            if let place = answer.leavesTo {
                return .warning("Probe terminated redirects, Response body: \(place)")
            }
            guard (200..<400).contains(answer.status) else {
                return .failure("HTTP probe failed with statuscode: \(answer.status)")
            }
            return .success
        } catch is TimedOut {
            return .failure(
                "Get \(GoText.quoted(request.url)): context deadline exceeded "
                    + "(Client.Timeout exceeded while awaiting headers)")
        } catch {
            return .failure("Get \(GoText.quoted(request.url)): \(reason(error, request.host, request.port))")
        }
    }

    private func reason(_ error: any Error, _ host: String, _ port: Int) -> String {
        DialReason.text(error, "\(host.contains(":") ? "[\(host)]" : host):\(port)")
    }

    // MARK: tcpSocket

    private func askTCP(_ action: JSON) async -> ProbeAnswer {
        let port: Int
        do throws(PodFault) { port = try HTTPGet.port(action["port"], container) } catch {
            return .unknown(error.message)
        }
        let asked = action.text("host")
        let host = asked.isEmpty ? address : asked
        do {
            try await within(timeout) {
                let connection = try await HTTPClient(.tcp(host: host, port: port)).dial()
                await connection.close()
            }
            return .success
        } catch is TimedOut {
            return .failure("dial tcp \(host):\(port): i/o timeout")
        } catch {
            return .failure(reason(error, host, port))
        }
    }

    // MARK: grpc

    private func askGRPC(_ action: JSON) async -> ProbeAnswer {
        await HealthCall(
            host: address, port: action["port"].int ?? 0, service: action.text("service"), agent: agent,
            timeout: timeout
        ).ask()
    }
}
