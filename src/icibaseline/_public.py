"""Every public name, from the module that holds it; `icibaseline` loads it when one is first used."""

from icibaseline.baseline import (
    Baseline as Baseline,
)
from icibaseline.baseline import (
    Mix as Mix,
)
from icibaseline.baseline import (
    Pool as Pool,
)
from icibaseline.baseline import (
    Population as Population,
)
from icibaseline.baseline import (
    baseline as baseline,
)
from icibaseline.baseline import (
    baselines as baselines,
)
from icibaseline.baseline import (
    mix as mix,
)
from icibaseline.baseline import (
    pool as pool,
)
from icibaseline.designs import (
    Averaging as Averaging,
)
from icibaseline.designs import (
    Comparison as Comparison,
)
from icibaseline.designs import (
    Design as Design,
)
from icibaseline.designs import (
    OperatingCharacteristics as OperatingCharacteristics,
)
from icibaseline.designs import (
    Plan as Plan,
)
from icibaseline.designs import (
    Planned as Planned,
)
from icibaseline.designs import (
    Randomized as Randomized,
)
from icibaseline.designs import (
    StandardErrors as StandardErrors,
)
from icibaseline.distributions import (
    BetaMixture as BetaMixture,
)
from icibaseline.distributions import (
    BivariateNormal as BivariateNormal,
)
from icibaseline.distributions import (
    Dirichlet as Dirichlet,
)
from icibaseline.distributions import (
    Distribution as Distribution,
)
from icibaseline.distributions import (
    HalfNormal as HalfNormal,
)
from icibaseline.distributions import (
    NormalMixture as NormalMixture,
)
from icibaseline.enrollment import (
    Enrollment as Enrollment,
)
from icibaseline.errors import (
    ApproximationWarning as ApproximationWarning,
)
from icibaseline.errors import (
    IcibaselineError as IcibaselineError,
)
from icibaseline.errors import (
    InvalidInput as InvalidInput,
)
from icibaseline.errors import (
    MissingOptional as MissingOptional,
)
from icibaseline.errors import (
    NoFormula as NoFormula,
)
from icibaseline.errors import (
    NoSolution as NoSolution,
)
from icibaseline.errors import (
    RefusedFinding as RefusedFinding,
)
from icibaseline.errors import (
    UnknownArgument as UnknownArgument,
)
from icibaseline.evidence import (
    Coherence as Coherence,
)
from icibaseline.evidence import (
    CoherenceLine as CoherenceLine,
)
from icibaseline.evidence import (
    Document as Document,
)
from icibaseline.evidence import (
    Documents as Documents,
)
from icibaseline.evidence import (
    Finding as Finding,
)
from icibaseline.evidence import (
    Findings as Findings,
)
from icibaseline.evidence import (
    check as check,
)
from icibaseline.evidence import (
    documents as documents,
)
from icibaseline.evidence import (
    findings as findings,
)
from icibaseline.evidence import (
    load as load,
)
from icibaseline.evidence import (
    template as template,
)
from icibaseline.monitoring import (
    Look as Look,
)
from icibaseline.monitoring import (
    Monitoring as Monitoring,
)
from icibaseline.monitoring import (
    Preposterior as Preposterior,
)
from icibaseline.monitoring import (
    monitor as monitor,
)
from icibaseline.monitoring import (
    preposterior as preposterior,
)
from icibaseline.priors import (
    Alternative as Alternative,
)
from icibaseline.priors import (
    Bias as Bias,
)
from icibaseline.priors import (
    Counts as Counts,
)
from icibaseline.priors import (
    HazardRatioWithInterval as HazardRatioWithInterval,
)
from icibaseline.priors import (
    MedianPlusLandmark as MedianPlusLandmark,
)
from icibaseline.priors import (
    MedianWithInterval as MedianWithInterval,
)
from icibaseline.priors import (
    MedianWithN as MedianWithN,
)
from icibaseline.priors import (
    NotReached as NotReached,
)
from icibaseline.priors import (
    PValueWithN as PValueWithN,
)
from icibaseline.priors import (
    Route as Route,
)
from icibaseline.priors import (
    Shares as Shares,
)
from icibaseline.report import (
    References as References,
)
from icibaseline.report import (
    Source as Source,
)
from icibaseline.report import (
    Sources as Sources,
)
from icibaseline.report import (
    plot as plot,
)
from icibaseline.report import (
    references as references,
)
from icibaseline.report import (
    report as report,
)
from icibaseline.report import (
    sources as sources,
)
from icibaseline.rules import (
    AfterEnrollment as AfterEnrollment,
)
from icibaseline.rules import (
    AtEvents as AtEvents,
)
from icibaseline.rules import (
    AtInformation as AtInformation,
)
from icibaseline.rules import (
    AtMonths as AtMonths,
)
from icibaseline.rules import (
    BetaSpending as BetaSpending,
)
from icibaseline.rules import (
    Boundary as Boundary,
)
from icibaseline.rules import (
    Bounds as Bounds,
)
from icibaseline.rules import (
    CalendarTime as CalendarTime,
)
from icibaseline.rules import (
    CauchySpending as CauchySpending,
)
from icibaseline.rules import (
    ExponentialSpending as ExponentialSpending,
)
from icibaseline.rules import (
    ExtremeValue2Spending as ExtremeValue2Spending,
)
from icibaseline.rules import (
    ExtremeValueSpending as ExtremeValueSpending,
)
from icibaseline.rules import (
    Fixed as Fixed,
)
from icibaseline.rules import (
    FutilityConditionalPower as FutilityConditionalPower,
)
from icibaseline.rules import (
    FutilityHazardRatio as FutilityHazardRatio,
)
from icibaseline.rules import (
    FutilityPValue as FutilityPValue,
)
from icibaseline.rules import (
    FutilityRule as FutilityRule,
)
from icibaseline.rules import (
    FutilityZ as FutilityZ,
)
from icibaseline.rules import (
    HaybittlePeto as HaybittlePeto,
)
from icibaseline.rules import (
    HwangShihDeCani as HwangShihDeCani,
)
from icibaseline.rules import (
    InformationTime as InformationTime,
)
from icibaseline.rules import (
    InTurn as InTurn,
)
from icibaseline.rules import (
    KimDeMets as KimDeMets,
)
from icibaseline.rules import (
    LogisticSpending as LogisticSpending,
)
from icibaseline.rules import (
    Looks as Looks,
)
from icibaseline.rules import (
    NormalSpending as NormalSpending,
)
from icibaseline.rules import (
    OBrienFleming as OBrienFleming,
)
from icibaseline.rules import (
    PiecewiseSpending as PiecewiseSpending,
)
from icibaseline.rules import (
    Pocock as Pocock,
)
from icibaseline.rules import (
    Spending as Spending,
)
from icibaseline.rules import (
    SpendingFunction as SpendingFunction,
)
from icibaseline.rules import (
    SpendingTime as SpendingTime,
)
from icibaseline.rules import (
    StudentSpending as StudentSpending,
)
from icibaseline.rules import (
    WangTsiatis as WangTsiatis,
)
from icibaseline.scenario import (
    Scenario as Scenario,
)
from icibaseline.scenario import (
    Stratum as Stratum,
)
from icibaseline.solve import (
    Root as Root,
)
from icibaseline.solve import (
    solve as solve,
)
from icibaseline.statistics import (
    LogRank as LogRank,
)
from icibaseline.statistics import (
    Statistic as Statistic,
)
from icibaseline.survival import (
    Conditional as Conditional,
)
from icibaseline.survival import (
    Curve as Curve,
)
from icibaseline.survival import (
    Effect as Effect,
)
from icibaseline.survival import (
    ExplicitCurve as ExplicitCurve,
)
from icibaseline.survival import (
    Exponential as Exponential,
)
from icibaseline.survival import (
    HazardRatio as HazardRatio,
)
from icibaseline.survival import (
    LogLogistic as LogLogistic,
)
from icibaseline.survival import (
    LogNormal as LogNormal,
)
from icibaseline.survival import (
    MedianRatio as MedianRatio,
)
from icibaseline.survival import (
    Mixture as Mixture,
)
from icibaseline.survival import (
    MixtureCure as MixtureCure,
)
from icibaseline.survival import (
    PiecewiseExponential as PiecewiseExponential,
)
from icibaseline.survival import (
    ScaledHazard as ScaledHazard,
)
from icibaseline.survival import (
    Weibull as Weibull,
)
from icibaseline.verbs import (
    assurance as assurance,
)
from icibaseline.verbs import (
    compare as compare,
)
from icibaseline.verbs import (
    power as power,
)
from icibaseline.verbs import (
    sample_size as sample_size,
)
from icibaseline.verbs import (
    simulate as simulate,
)
