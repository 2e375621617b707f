import CommandLine
import DockerModel
import JSON

/// What options with `--filter` share.
protocol Filtering: SendableMetatype {
    var filters: Filters { get set }
}

extension Flag where Options: Filtering {
    static func filter(short: Character? = "f", _ help: String = "Condition that the output has to meet") -> Flag {
        Flag("filter", short: short, value: "filter", help: help) {
            guard !$1.isEmpty else { return }
            guard let (name, value) = $1.cut("=") else {
                throw FlagValueError("bad format of filter (expected name=value)")
            }
            $0.filters.add(name.trimmed.lowercased(), value.trimmed)
        }
    }
}

/// Help for `--format`, which says the same everywhere.
package enum FormatHelp {
    package static let table = """
        Show the output by a template:
        'table':            as a table with column headers (default)
        'table TEMPLATE':   as a table by the given Go template
        'json':             as JSON
        'TEMPLATE':         by the given Go template.
        See https://docs.docker.com/go/formatting/ for what templates can do
        """
    package static let plain = """
        Show the output by a template:
        'json':             as JSON
        'TEMPLATE':         by the given Go template.
        See https://docs.docker.com/go/formatting/ for what templates can do
        """
}

extension Filters {
    /// As a query's parameter; nothing when there are none. Each name is a map of its values, as the docker client
    /// writes it: `{"status":{"running":true}}`.
    var query: Query {
        guard !isEmpty else { return [] }
        let maps = values.sorted { $0.key < $1.key }.map { name, list -> (String, JSON) in
            (name, .object(JSONObject(Set(list).sorted().map { ($0, true) })))
        }
        return [("filters", JSON.object(JSONObject(maps)).text)]
    }
}
