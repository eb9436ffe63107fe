import Console
import Glibc

exit(run())
