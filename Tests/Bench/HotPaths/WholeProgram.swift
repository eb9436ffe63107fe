import CBench
import Console

/// Runs the program as the command line says, and says how often it asked for memory; gives its exit code.
func wholeProgram() -> Int32 {
  let code = Console.run()
  print("requests\t\(bench_allocations())")
  return code
}
