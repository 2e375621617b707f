import JSON
import Testing

@testable import Engine

@Suite struct ProgressFeedTests {
    private func drain(_ feed: ProgressFeed, _ reader: Int) async -> [JSON] {
        var all: [JSON] = []
        while let message = await feed.next(reader) { all.append(message) }
        return all
    }

    @Test("a reader that comes late is told what it missed, progress in its newest state only")
    func lateReader() async {
        let feed = ProgressFeed()
        let first = feed.join()
        feed.post(ProgressMessage.line("Pulling", id: "latest"))
        feed.post(ProgressMessage.state("Pulling fs layer", id: "a"))
        for current in 1...1_000 {
            feed.post(ProgressMessage.state("Downloading", id: "a", current: Int64(current), total: 1_000))
        }
        feed.post(ProgressMessage.state("Pull complete", id: "a"))
        let late = feed.join()
        feed.end()
        for reader in [first, late] {
            let messages = await drain(feed, reader)
            #expect(
                messages.map { $0["status"].string } == ["Pulling", "Pulling fs layer", "Downloading", "Pull complete"])
            #expect(messages[2]["progressDetail", "current"].int == 1_000)
        }
    }

    @Test("a reader that waits gets each message at once")
    func waitingReader() async {
        let feed = ProgressFeed()
        let reader = feed.join()
        async let all = drain(feed, reader)
        for number in 0..<200 {
            feed.post(ProgressMessage.line("\(number)"))
            await Task.yield()
        }
        feed.end()
        #expect(await all.map { $0["status"].string } == (0..<200).map { "\($0)" })
    }

    @Test("who leaves stops waiting, and the number of those who stay is known")
    func leaving() async {
        let feed = ProgressFeed()
        let (one, two) = (feed.join(), feed.join())
        async let waiting = feed.next(one)
        #expect(feed.leave(one) == 1)
        #expect(await waiting == nil)
        #expect(feed.leave(two) == 0)
    }

    @Test("messages keep their order when states of several items are replaced")
    func replacing() {
        var pending = PendingMessages()
        for current in 1...100 {
            for id in ["a", "b"] {
                pending.add(ProgressMessage.state("Downloading", id: id, current: Int64(current), total: 100))
            }
            if current == 50 { _ = pending.removeFirst() }
        }
        pending.add(ProgressMessage.state("Pull complete", id: "b"))
        var rest: [JSON] = []
        while let message = pending.removeFirst() { rest.append(message) }
        #expect(
            rest.map { "\($0["id"].string ?? "") \($0["status"].string ?? "")" } == [
                "b Downloading", "a Downloading", "b Pull complete",
            ])
        #expect(rest.dropLast().allSatisfy { $0["progressDetail", "current"].int == 100 })
    }
}
