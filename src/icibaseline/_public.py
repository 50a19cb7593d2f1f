"""Every public name, from the module that holds it; `icibaseline` loads it when one is first used."""

from icibaseline.baseline import (
    Baseline as Baseline,
    baseline as baseline,
)
from icibaseline.designs import (
    Averaging as Averaging,
    Comparison as Comparison,
    Design as Design,
    OperatingCharacteristics as OperatingCharacteristics,
    Plan as Plan,
    Planned as Planned,
    Randomized as Randomized,
    StandardErrors as StandardErrors,
)
from icibaseline.distributions import (
    BetaMixture as BetaMixture,
    BivariateNormal as BivariateNormal,
    Distribution as Distribution,
    HalfNormal as HalfNormal,
    NormalMixture as NormalMixture,
)
from icibaseline.enrollment import (
    Enrollment as Enrollment,
)
from icibaseline.errors import (
    ApproximationWarning as ApproximationWarning,
    IcibaselineError as IcibaselineError,
    InvalidInput as InvalidInput,
    MissingOptional as MissingOptional,
    NoFormula as NoFormula,
    NoSolution as NoSolution,
    RefusedFinding as RefusedFinding,
    UnknownArgument as UnknownArgument,
)
from icibaseline.evidence import (
    Document as Document,
    Documents as Documents,
    Finding as Finding,
    Findings as Findings,
    documents as documents,
    findings as findings,
)
from icibaseline.report import (
    References as References,
    Source as Source,
    Sources as Sources,
    references as references,
    report as report,
    sources as sources,
)
from icibaseline.rules import (
    AfterEnrollment as AfterEnrollment,
    AtEvents as AtEvents,
    AtMonths as AtMonths,
    Boundary as Boundary,
    Fixed as Fixed,
    Looks as Looks,
)
from icibaseline.scenario import (
    Scenario as Scenario,
    Stratum as Stratum,
)
from icibaseline.solve import (
    Root as Root,
    solve as solve,
)
from icibaseline.statistics import (
    LogRank as LogRank,
    Statistic as Statistic,
)
from icibaseline.survival import (
    Curve as Curve,
    Effect as Effect,
    ExplicitCurve as ExplicitCurve,
    Exponential as Exponential,
    HazardRatio as HazardRatio,
    PiecewiseExponential as PiecewiseExponential,
    ScaledHazard as ScaledHazard,
    Weibull as Weibull,
)
from icibaseline.verbs import (
    assurance as assurance,
    compare as compare,
    power as power,
    sample_size as sample_size,
    simulate as simulate,
)
