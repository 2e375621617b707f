import Fault
import NIOConcurrencyHelpers

/// Every container by ID and by name. Names are claimed here before anything is made.
package final class ContainerTable: Sendable {
    private struct State {
        var byID: [String: Container] = [:]
        /// Also names of containers that are being created.
        var idByName: [String: String] = [:]
    }
    private let state = NIOLockedValueBox(State())

    package init() {}

    /// Newest last.
    package var all: [Container] {
        state.withLockedValue { Array($0.byID.values) }.sorted { $0.record.created < $1.record.created }
    }

    package func get(id: String) -> Container? { state.withLockedValue { $0.byID[id] } }

    /// By ID, name (with or without slash), or unique ID prefix, in this order, as dockerd looks. Throws `notFound`
    /// with Docker's sentence and, when a name is near, the name that was probably meant.
    package func find(_ ref: String) throws(Fault) -> Container {
        let (found, names) = state.withLockedValue { state -> ([Container], [String]) in
            if let exact = state.byID[ref] { return ([exact], []) }
            let name = ref.hasPrefix("/") ? String(ref.dropFirst()) : ref
            if let id = state.idByName[name], let named = state.byID[id] { return ([named], []) }
            if let linked = Self.linked(name, in: state) { return ([linked], []) }
            let matches = ref.isEmpty ? [] : state.byID.filter { $0.key.hasPrefix(ref) }.map(\.value)
            return (matches, matches.isEmpty ? Array(state.idByName.keys) : [])
        }
        if found.count == 1 { return found[0] }
        if found.count > 1 { throw Fault(.invalid, "Multiple IDs found with provided prefix: \(ref)") }
        throw Fault(.notFound, "No such container: \(ref)" + Nearness.hint(ref, among: names))
    }

    /// `OWNER/ALIAS`: what the owner's link of that alias leads to.
    private static func linked(_ name: String, in state: State) -> Container? {
        guard let cut = name.firstIndex(of: "/"), let id = state.idByName[String(name[..<cut])],
            let link = state.byID[id]?.record.links.first(where: { $0.alias == name[name.index(after: cut)...] })
        else { return nil }
        return state.byID[link.target]
    }

    /// Takes the name for the ID. Throws `conflict` in Docker's words when another has it.
    package func claim(name: String, for id: String) throws(Fault) {
        let holder = state.withLockedValue { state -> String? in
            if let holder = state.idByName[name], holder != id { return holder }
            state.idByName[name] = id
            return nil
        }
        if let holder {
            throw Fault(
                .conflict,
                "Conflict. The container name \"/\(name)\" is already in use by container \"\(holder)\". "
                    + "You have to remove (or rename) that container to be able to reuse that name.")
        }
    }

    /// The name that the ID has claimed.
    package func name(of id: String) -> String? {
        state.withLockedValue { state in state.idByName.first { $0.value == id }?.key }
    }

    package func isTaken(name: String) -> Bool { state.withLockedValue { $0.idByName[name] != nil } }

    package func release(name: String, of id: String) {
        state.withLockedValue { if $0.idByName[name] == id { $0.idByName[name] = nil } }
    }

    package func insert(_ container: Container) {
        let name = container.record.name
        state.withLockedValue {
            $0.byID[container.id] = container
            $0.idByName[name] = container.id
        }
    }

    package func remove(_ container: Container) {
        let name = container.record.name
        state.withLockedValue {
            $0.byID[container.id] = nil
            if $0.idByName[name] == container.id { $0.idByName[name] = nil }
        }
    }
}
