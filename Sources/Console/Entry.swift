/// Runs the command line and returns the exit code.
public func run() -> Int32 { 2 }
