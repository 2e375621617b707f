import KubeStorage
import NIOConcurrencyHelpers

/// Has the store tell all watches how far it is, once a minute, while any watch wants bookmarks: an idle server has no
/// timer.
final class BookmarkClock: Sendable {
    private struct State {
        var watches = 0
        var ticking: Task<Void, Never>?
    }

    private let storage: any KubeStorage
    private let state = NIOLockedValueBox(State())

    init(_ storage: any KubeStorage) { self.storage = storage }

    func join() {
        state.withLockedValue { state in
            state.watches += 1
            guard state.ticking == nil else { return }
            state.ticking = Task { [storage] in
                while (try? await Task.sleep(for: .seconds(Limit.bookmarkSeconds))) != nil {
                    await storage.requestProgress()
                }
            }
        }
    }

    func leave() {
        state.withLockedValue { state in
            state.watches -= 1
            guard state.watches == 0 else { return }
            state.ticking?.cancel()
            state.ticking = nil
        }
    }
}
