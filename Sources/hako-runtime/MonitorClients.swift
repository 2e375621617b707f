import CLinux

/// Connections, requests and answers.
extension Monitor {
    func accept() {
        while let descriptor = attempt({
            hako_accept4(listener, Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue))
        }) {
            if clients.count >= MonitorLimit.clients {
                closeDescriptor(descriptor)
            } else {
                add(Client(descriptor))
            }
        }
    }

    func add(_ client: Client) {
        clients.append(client)
        watchClient(client)
    }

    func watchClient(_ client: Client) {
        guard !client.isGone else { return }
        var events: UInt32 = client.isHeld ? 0 : EPOLLIN.rawValue
        if !client.pending.isEmpty { events |= EPOLLOUT.rawValue }
        // A held client's hang-up waits as well: its last stdin is still to be read.
        if events == 0 { unwatch(client.descriptor) } else { watch(client.descriptor, .client(client), events) }
    }

    func serve(_ client: Client, _ events: UInt32) {
        if events & EPOLLOUT.rawValue != 0 { flush(client) }
        if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 && events & EPOLLIN.rawValue == 0 {
            client.isGone = true
        }
        if events & EPOLLIN.rawValue != 0 && !client.isHeld { read(client) }
    }

    private func read(_ client: Client) {
        guard let count = attempt({ CLinux.read(client.descriptor, scratch.base, scratch.capacity) }) else {
            if hako_errno() != EAGAIN { client.isGone = true }
            return
        }
        if count == 0 {
            client.isGone = true
            return
        }
        client.request.append(contentsOf: UnsafeBufferPointer(start: scratch.base, count: count))
        isWarm = true
        serveRequests(of: client)
    }

    func serveRequests(of client: Client) {
        var used = 0
        while !client.isGone, !client.isHeld, client.request.count - used >= 5 {
            let bytes = client.request
            let length = (0..<4).reduce(0) { $0 | Int(bytes[used + $1]) << (8 * $1) }
            guard length >= 1, length <= MonitorLimit.request else {
                client.isGone = true
                break
            }
            if bytes.count - used - 4 < length { break }
            let payload = Array(bytes[(used + 5)..<(used + 4 + length)])
            let kind = bytes[used + 4]
            used += 4 + length
            answer(client, kind, payload)
        }
        if used > 0 { client.request = Array(client.request.dropFirst(used)) }
    }

    private func answer(_ client: Client, _ kind: UInt8, _ payload: [UInt8]) {
        guard let kind = MonitorRequest(rawValue: kind) else {
            reply(client, LaunchFailure(step: .badRequest, errno: EINVAL, subject: ""))
            return
        }
        do throws(PlanError) {
            var reader = PlanReader(payload)
            try carryOut(kind, &reader, payload, for: client)
        } catch {
            reply(client, LaunchFailure(step: .badRequest, errno: EBADMSG, subject: ""))
        }
    }

    private func carryOut(
        _ kind: MonitorRequest, _ reader: inout PlanReader, _ payload: [UInt8], for client: Client
    ) throws(PlanError) {
        switch kind {
        case .start: start(for: client)
        case .signal:
            let number = try reader.number(Int32.self)
            if container.phase == .ended || kill(container.pid, number) == -1 {
                reply(client, LaunchFailure(step: .signalProcess, errno: ESRCH, subject: decimal(Int(number))))
            } else {
                reply(client, .done)
            }
        case .attach:
            let wantsStdin = try reader.flag()
            attach(client, try reader.text(), wantsStdin)
        case .resize:
            let rows = try reader.number(UInt16.self), columns = try reader.number(UInt16.self)
            guard let session = session(try reader.text(), for: client) else { return }
            if session.master >= 0, hako_set_window(session.master, rows, columns) == 0 {
                reply(client, .done)
            } else {
                reply(client, LaunchFailure(step: .resize, errno: ENOTTY, subject: session.id))
            }
        case .exec: exec(try ExecPlan(decoding: payload), for: client)
        case .wait:
            guard let session = session(try reader.text(), for: client) else { return }
            if let exit = session.exit { reply(client, exit) } else { session.waiting.append(client) }
        case .state: answerState(client)
        case .reopenLog:
            do throws(LaunchFailure) {
                try log.reopen()
                reply(client, .done)
            } catch { reply(client, error) }
        case .stdin: takeInput(payload, from: client)
        case .closeStdin: if let session = client.session, client.hasStdin { closeInput(of: session) }
        }
    }

    private func start(for client: Client) {
        guard container.phase == .ready, container.starter == nil else {
            reply(client, LaunchFailure(step: .notRunning, errno: EINVAL, subject: plan.id))
            return
        }
        container.starter = client
        go(container)
    }

    private func answerState(_ client: Client) {
        var writer = PlanWriter()
        switch container.phase {
        case .making, .ready: writer.put(MonitorState.created.rawValue)
        case .starting, .running: writer.put(MonitorState.running.rawValue)
        case .ended: writer.put(MonitorState.stopped.rawValue)
        }
        writer.put(container.pid)
        reply(client, .state, writer.bytes)
    }

    private func session(_ id: String, for client: Client) -> Session? {
        if id.utf8.isEmpty { return container }
        for exec in execs where sameBytes(exec.id, id) { return exec }
        reply(client, LaunchFailure(step: .noSuchExec, errno: ESRCH, subject: id))
        return nil
    }

    private func attach(_ client: Client, _ id: String, _ wantsStdin: Bool) {
        guard let session = session(id, for: client) else { return }
        reply(client, .done)
        guard session.phase != .ended else {
            client.isFinished = true
            return
        }
        client.session = session
        client.hasStdin = wantsStdin
        session.attached.append(client)
        if session.waitsForAttach { go(session) }
    }

    private func exec(_ plan: ExecPlan, for client: Client) {
        func refuse(_ step: LaunchStep, _ code: Int32) {
            reply(client, LaunchFailure(step: step, errno: code, subject: plan.id))
        }
        guard container.phase == .running else { return refuse(.notRunning, ESRCH) }
        guard execs.count < MonitorLimit.execs else { return refuse(.makeProcess, EAGAIN) }
        for exec in execs where sameBytes(exec.id, plan.id) { return refuse(.alreadyExists, EEXIST) }
        do throws(LaunchFailure) {
            var plan = plan
            plan.target = container.pid
            plan.supervision = .monitor
            let made = try ExecProcess(plan: plan).make()
            let session = Session(
                id: plan.id, made, stdinOnce: true, waitsForAttach: plan.waitsForAttach)
            session.starter = client
            execs.append(session)
            watch(session.report, .report(session))
        } catch {
            reply(client, error)
        }
    }

    // MARK: Answers

    func reply(_ client: Client, _ kind: MonitorReply, _ payload: [UInt8] = []) {
        guard !client.isGone, !client.isDeaf else { return }
        var writer = PlanWriter()
        writer.put(UInt32(payload.count + 1))
        writer.put(kind.rawValue)
        client.pending.append(contentsOf: writer.bytes)
        client.pending.append(contentsOf: payload)
        flush(client)
    }

    func reply(_ client: Client, _ failure: LaunchFailure) { reply(client, .failed, encoded(failure)) }

    func reply(_ client: Client, _ exit: ExitNote) {
        var writer = PlanWriter()
        writer.put(exit.code)
        writer.put(exit.oomKilled)
        writer.put(exit.finishedAt)
        reply(client, .exited, writer.bytes)
    }

    private func flush(_ client: Client) {
        var offset = 0
        while offset < client.pending.count {
            let left = client.pending.count - offset
            let count = client.pending.withUnsafeBytes { space in
                attempt { write(client.descriptor, space.baseAddress.map { $0 + offset }, left) }
            }
            guard let count else {
                if hako_errno() != EAGAIN {
                    client.isDeaf = true
                    offset = client.pending.count
                }
                break
            }
            offset += count
        }
        client.pending = offset == client.pending.count ? [] : Array(client.pending[offset...])
        watchClient(client)
        if client.pending.isEmpty, let session = client.session { resume(session) }
    }

    /// After each turn: clients that left, or have all that is theirs, are let go.
    func sweep() {
        for client in clients where client.isGone || (client.isFinished && client.pending.isEmpty) {
            client.isGone = true
            client.pending = []
            unwatch(client.descriptor)
            closeDescriptor(client.descriptor)
            for session in [container] + execs {
                session.waiting.removeAll { $0 === client }
                if session.starter === client { session.starter = nil }
                guard session.attached.contains(where: { $0 === client }) else { continue }
                session.attached.removeAll { $0 === client }
                if client.hasStdin && session.stdinOnce && session.phase != .ended { closeInput(of: session) }
                resume(session)
            }
        }
        clients.removeAll { $0.isGone }
    }
}
