import CommandLine

/// Names of projects.
package enum ProjectName {
    /// Lower case, with nothing but letters, digits, dashes and underscores, beginning with a letter or digit.
    package static func normalized(_ text: String) -> String {
        let kept = text.lowercased().unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "-" || $0 == "_")
        }
        return String(String.UnicodeScalarView(kept.drop { $0 == "-" || $0 == "_" }))
    }

    package static func check(_ name: String) throws {
        guard normalized(name) == name else {
            throw ComposeError(
                "invalid project name \(GoText.quote(name)): must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number"
            )
        }
    }
}
