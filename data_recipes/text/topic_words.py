r"""Words that speak for a discipline or a skill. "term" counts 1, "term=3" counts 3; terms are separated by ";".

English terms match whole words in any case, also with a plural -s or -es; a term with \ is LaTeX; Chinese terms match anywhere.
"""

from __future__ import annotations

DISCIPLINES: dict[str, str] = {
    "mathematics": r"«formula»=4;«variable»=2;«numbers»=2;«number asked»=2;evaluate=2;simplify=2;compute=2;equation;polynomial=2;"
    r"integer=2;triangle=2;prime number=2;prime factor=2;divisor=2;probability=2;function;matrix=2;vector;theorem;"
    r"quadratic=2;fraction=2;percent;perimeter=2;ratio;sum;product;real number=2;positive integer=3;digit=2;how many;how much;total;"
    r"average;"
    r"\frac=2;\sqrt=2;\sum=2;\int=2;\binom=3;\sin=2;\cos=2;\log=2;\angle=2;\triangle=2;\le;\ge;\cdot;remainder=2;multiple of;arithmetic "
    r"sequence=3;"
    r"geometric sequence=3;circle;radius;square root=2;cube;coefficient=2;root;"
    r"方程=2;函数=2;三角形=2;概率=2;整数=2;数列=3;多少;面积;周长;求",
    "physics": r"velocity=2;acceleration=3;force=2;newton=2;joule=2;kinetic energy=3;potential energy=3;momentum=3;electric field=3;"
    r"magnetic field=3;"
    r"current;voltage=2;resistor=3;ohm=2;capacitor=3;photon=3;wavelength=2;frequency;quantum=2;thermodynamic=2;entropy=2;lens=2;"
    r"refraction=3;"
    r"gravity=2;friction=2;pendulum=3;circuit=2;pressure;charge;electron;nucleus;radioactive=2;half-life=2;torque=3;m/s=2;kg;"
    r"速度;加速度=3;牛顿=2;电场=3;磁场=3;电压=2;电阻=2;动能=3;势能=3;光子=3;波长=2;摩擦力=3;电路=2;量子=2",
    "chemistry": r"molecule=2;atom;molar=3;mole=2;mol=2;chemical=2;reaction;acid=2;ion=2;oxidation=3;redox=3;catalyst=3;enthalpy=2;"
    r"electron;"
    r"covalent=3;ionic=2;periodic table=3;isotope=2;solvent=2;solute=3;pH=2;benzene=3;organic compound=3;polymer=2;alkane=3;titration=3;"
    r"aqueous=3;"
    r"precipitate=2;stoichiometr=2;orbital=2;NMR=2;spectroscop=2;化学=2;分子=2;反应;酸=2;氧化=2;溶液=2;离子=2;催化剂=3;元素周期=3;摩尔=3",
    "biology": r"cell=2;gene=2;DNA=3;RNA=3;protein=2;enzyme=2;species=2;evolution=2;organism=3;chromosome=3;mitosis=3;meiosis=3;"
    r"photosynthesis=3;"
    r"ecosystem=3;bacteria=2;virus;allele=3;phenotype=3;genotype=3;mutation=2;natural selection=3;membrane=2;tissue=2;plant;neuron=2;"
    r"mammal=2;"
    r"细胞=3;基因=3;蛋白质=2;酶=2;染色体=3;光合作用=3;生态系统=3;细菌=2;遗传=2;进化=2",
    "medicine": r"patient=3;disease=2;symptom=3;diagnos=2;diagnosis=3;treatment=2;drug=2;blood;artery=3;nerve=2;muscle=2;surgery=2;"
    r"therapy=2;infection=2;"
    r"clinical=2;syndrome=3;physician=3;nurse=2;vaccin=2;cancer=2;dose=2;kidney=2;liver=2;heart rate=2;fever=2;vitamin;hormone=2;"
    r"患者=3;疾病=2;症状=3;诊断=3;治疗=2;药物=2;感染=2;手术=2;血管=2;神经=2",
    "earth_science": r"earthquake=3;volcano=3;atmosphere=2;climate=2;tectonic=3;mineral=2;ocean;planet=2;orbit=2;star;galaxy=3;"
    r"telescope=3;sediment=3;erosion=3;"
    r"solar system=3;moon;rock;astronom=2;supernova=3;latitude=2;glacier=3;asteroid=3;redshift=3;地震=3;火山=3;气候=2;行星=3;板块=2;大气=2",
    "engineering": r"transistor=3;amplifier=3;diode=3;motor=2;generator=2;torque;bandwidth=2;control system=3;feedback;transformer=2;"
    r"beam=2;stress=2;"
    r"strain=2;turbine=3;hydraulic=3;signal=2;modulation=3;semiconductor=3;transfer function=3;impedance=3;winding=3;armature=3;电动机=3;"
    r"变压器=3;"
    r"混凝土=3;施工=3;工程=2;钢筋=3;荷载=3",
    "computer_science": r"algorithm=2;data structure=3;binary tree=3;linked list=3;time complexity=3;operating system=3;cpu=2;compiler=3;"
    r"database=2;sql=2;TCP=3;IP address=3;"
    r"router=3;encryption=2;hash table=3;turing machine=3;machine learning=3;neural network=3;pointer=2;recursion=2;python=2;java=2;"
    r"byte=2;bit;cache=2;"
    r"malware=3;buffer overflow=3;public key=3;classifier=2;training data=3;gradient descent=3;"
    r"算法=2;数据结构=3;操作系统=3;编译=3;数据库=2;二叉树=3;进程=2;"
    r"网络协议=3",
    "economics": r"inflation=3;gdp=3;demand curve=3;supply curve=3;monopoly=3;market;fiscal=3;monetary=3;unemployment=3;elasticity=3;"
    r"marginal cost=3;marginal=2;"
    r"opportunity cost=3;interest rate;investor=2;stockholder=3;accounting=2;tariff=2;exchange rate=3;aggregate demand=3;consumer=2;"
    r"firm=2;marketing=3;"
    r"audit=2;stakeholder=2;brand=2;corporate=2;organisation=2;通货膨胀=3;货币=2;需求=2;供给=2;市场=2;企业=2;会计=3;税=2;审计=3",
    "history": r"war=2;empire=3;century=2;treaty=3;king;queen;revolution=2;dynasty=3;colonial=3;colony=2;ancient=2;medieval=3;"
    r"civilization=3;"
    r"archaeolog=2;slavery=3;president;reign=3;historian=3;neolithic=3;pharaoh=3;朝=2;皇帝=3;战争=2;革命=2;条约=3;世纪=2;历史=2",
    "geography": r"population;country;continent=3;river=2;urban=2;rural=2;migration=3;capital city=3;agricultur=2;region=2;border=2;map;"
    r"census=3;"
    r"人口=2;国家;河流=2;城市=2;农业=2;地形=3;季风=3;纬度=3",
    "law": r"court=2;plaintiff=3;defendant=3;contract=2;statute=3;constitution=2;liability=3;tort=3;crime=2;criminal=2;jury=3;"
    r"legislature=3;amendment=3;"
    r"jurisdiction=3;treaty;attorney=3;lawsuit=3;legal=2;rights;convict=2;felony=3;法院=3;合同=2;原告=3;被告=3;刑法=3;宪法=3;法律=2;犯罪=2;诉讼=3",
    "politics": r"government=2;election=3;democracy=3;policy=2;congress=3;senate=3;political party=3;vote;security=2;foreign policy=3;"
    r"political=3;communist=3;"
    r"liberal=2;the state;sovereignty=3;united nations=3;public relations=2;media;"
    r"政治=3;政府=2;党=2;社会主义=3;马克思=3;民主=2;毛泽东=3;思想=2",
    "psychology": r"behavior=2;cognitive=3;anxiety=3;memory=2;freud=3;personality=3;conditioning=3;perception;therapist=3;counsel=2;"
    r"child development=3;"
    r"adolescent=3;motivation=2;emotion=2;psycholog=2;self-esteem=3;心理=3;教育=2;学习动机=3;记忆=2;教师=2;学生",
    "philosophy": r"moral=3;ethic=2;kant=3;utilitarian=3;virtue=3;philosoph=2;argument;fallacy=3;premise=2;god=2;religion=3;religious=3;"
    r"buddhis=2;christian=2;islam=3;"
    r"jesus=3;truth;knowledge;free will=3;hindu=2;hume=3;哲学=3;道德=3;伦理=3;宗教=3;法律义务=2",
    "sociology": r"society=2;social=2;gender=3;family=1;culture=2;class;sociolog=2;norms=2;inequality=3;ethnic=2;sexual=2;marriage=2;"
    r"poverty=2;stereotype=3",
    "language": r"grammar=3;poem=3;novel=2;pronoun=3;verb=3;noun=3;metaphor=3;translate=2;essay=3;author=2;rewrite=3;summar=2;synonym=3;"
    r"paragraph=2;write a story=3;letter to;email=2;诗=2;文学=3;成语=3;语言=2;词语=3;句子=3;作者=2;散文=3",
    "logic": r"knight and knave=3;knights and knaves=3;always lies=3;tells the truth=3;logically=2;deduce=2;syllogism=3;puzzle=2;if and "
    r"only if;conclusion=2;"
    r"statement=2;premise=2;valid=2;negation=3;propositional=3;predicate=3;推理=2;逻辑=3;说真话=3;说谎=3",
    "perception": r"picture=1;color=1;colour=1;shape=1;object=1;left of=1;to the right of=1;image=1;scene=2;"
    r"shown in the image=2;图片=1;颜色=1",
}
STEM = ("mathematics", "physics", "chemistry", "biology", "medicine", "earth_science", "engineering", "computer_science")

MATH_SKILLS: dict[str, str] = {
    "arithmetic": r"how much;how many;costs=2;dollars=2;buys=2;each;per hour=2;per day=2;twice as;half as;left;total;earn=2;spend=2;"
    r"sold=2;pays=2;altogether=2;"
    r"一共=2;多少钱=3;还剩=2;每天;克;买",
    "prealgebra": r"percent=2;\%=2;decimal=2;round=2;nearest=2;median=2;mean;mode;average;fraction;common fraction;mixed number=3;"
    r"perimeter;least common multiple=2;ratio;"
    r"simplify;evaluate;compute;degrees;bar graph=3;survey=2;marbles;cents=2;dollars;miles per hour=2;hours;minutes;feet;inches;square "
    r"feet=2;"
    r"weigh;sale;tax=2;discount=2;multiple of;how many;\div=3;\times;opposite of=2;reciprocal=2",
    "algebra": r"«variable»=2;solve for=3;value of $x$;for what value=2;linear=2;slope=3;line;y-intercept=3;x-intercept=3;quadratic=2;"
    r"parabola=2;vertex;function;"
    r"domain=2;f(x)=2;inverse;expand=2;factor;simplify;expression=2;equation=2;solution;system of equations=3;inequality;exponent=2;"
    r"arithmetic sequence=2;geometric sequence=2;midpoint=2;distance between;point;coordinate=2;interest=2;compounded=3;directly "
    r"proportional=3;"
    r"inversely proportional=3;rationalize=2;denominator;\log_=2;\lfloor=2;\lceil=3;asymptote=2;rational function=2;square root;graph;"
    r"operation=2;"
    r"constants=2;positive difference=2;complete the square=2;x^2;value of $a+b=2;解方程=3;一次函数=3;二次函数=3;因式分解=3;不等式=2",
    "intermediate_algebra": r"«high power»=2;«variable»=1;polynomial=3;complex number=2;roots=3;root of=2;degree;real roots=3;vieta=3;"
    r"coefficient=2;remainder when;minimum value=2;maximum value=2;"
    r"all real numbers=2;real number=2;ellipse=3;hyperbola=3;foci=3;focus=2;directrix=3;asymptote=2;\omega=2;x^3=2;x^4=3;x^5=3;z^;"
    r"imaginary=2;\sum=2;"
    r"\prod=2;infinite=2;telescop=2;recurrence=3;sequence=2;functional equation=3;f(x + y)=3;f(xy)=3;positive real number=3;nonnegative "
    r"real=3;"
    r"monic=3;even function=3;odd function=3;a_n=2;a_1=2;inequality=2;parabola=2;conic=3;rational function=2;partial fraction=3;|z|=2;"
    r"复数=3;多项式=3;椭圆=3;双曲线=3",
    "counting_and_probability": r"probability=4;how many ways=4;in how many=3;chosen at random=3;randomly=3;at random=3;permutation=3;"
    r"combination=3;\binom=4;choose=2;arrange=3;"
    r"arrangement=3;dice=3;die=3;coin=3;flip=2;toss=2;cards=2;deck=2;committee=4;expected value=4;independent;seated=3;distinguishable=3;"
    r"indistinguishable=3;"
    r"subsets=2;rearrange=3;outcomes=2;team=1;drawn;balls=2;distinct=1;paths=2;different ways=3;how many different=2;letters of=1;"
    r"factorial=1;pascal=4;"
    r"排列=3;组合=3;概率=4;多少种=4;随机=3",
    "geometry": r"triangle=3;circle=3;angle=2;radius=3;diameter=3;area=2;perimeter=2;square=1;rectangle=2;polygon=3;hexagon=3;pentagon=3;"
    r"octagon=2;trapezoid=3;"
    r"parallelogram=2;rhombus=3;\angle=3;\triangle=3;\overline=2;perpendicular=2;parallel=2;bisector=3;altitude=3;median;hypotenuse=3;"
    r"isosceles=3;equilateral=3;right triangle=3;circumference=3;sphere=3;cylinder=3;cone=3;cube=2;prism=3;pyramid=3;volume=3;surface "
    r"area=3;"
    r"inscribed=3;circumscribed=3;tangent=1;chord=3;similar=2;congruent;diagonal=2;side length=2;\pi=1;shaded=3;degrees=1;\circ=2;"
    r"[asy]=1;point $=1;"
    r"quadrilateral=3;tetrahedron=3;arc=2;\cong=2;\perp=2;三角形=3;圆=2;半径=3;面积=2;体积=3;周长=2;角=1;平行=2;垂直=2",
    "number_theory": r"remainder=3;divided by=2;divisible=4;divisor=4;prime=3;greatest common=4;least common multiple=3;gcd=4;lcm=4;"
    r"\gcd=4;modulo=4;\pmod=5;mod=4;"
    r"base=2;base-=3;digit=2;units digit=4;integer=1;positive integer=2;multiple of=2;congruent to=2;factors=2;perfect square=2;perfect "
    r"cube=3;"
    r"consecutive=1;\equiv=5;two-digit=2;three-digit=2;four-digit=2;prime factorization=4;terminating decimal=3;repeating decimal=3;"
    r"multiples=2;relatively prime=4;"
    r"decimal representation=3;hundreds digit=3;tens digit=3;odd=1;even=1;inverse of=1;_8=2;_2=1;_5=2;_6=2;_9=2;"
    r"整除=4;余数=4;质数=4;公约数=4;公倍数=4",
    "precalculus": r"\sin=4;\cos=4;\tan=4;\theta=3;trigonometr=3;matrix=5;matrices=4;pmatrix=4;vector=4;\mathbf=4;polar=4;spherical=4;"
    r"cylindrical coordinates=4;"
    r"rectangular coordinates=3;determinant=5;cross product=5;dot product=4;projection=4;\begin{vmatrix}=5;\arcsin=5;\arctan=4;\arccos=4;"
    r"\csc=5;\sec=4;"
    r"\cot=4;rotation=2;rotated=2;e^{=3;cis=3;plane=2;parametriz=3;parameter=2;\operatorname{proj}=5;radians=3;period=2;amplitude=4;"
    r"complex number=1;"
    r"phase shift=4;unit vector=4;orthogonal=3;\mathbb=1;正弦=4;余弦=4;向量=4;矩阵=4",
    "calculus": r"derivative=5;integral=5;\int=6;\lim=6;differentia=4;continuous=2;converge=3;series=1;tangent line=3;\partial=6;"
    r"gradient=3;taylor=4;导数=5;积分=5;极限=4",
    "statistics": r"standard deviation=5;variance=5;regression=4;confidence interval=5;hypothesis=3;sample mean=5;normal distribution=5;"
    r"p-value=5;correlation=4;median=1;histogram=4;"
    r"box plot=4;quartile=4;标准差=5;方差=5;平均数=2;中位数=2",
}
CODE_SKILLS: dict[str, str] = {
    "strings": "string=2;substring=3;character=2;palindrome=3;vowel=2;word;regex=3;uppercase=3;lowercase=3;字符串=3",
    "lists": "list=2;array=2;tuple=2;subarray=3;sort=1;element=1;nums=2;sublist=2;数组=3;列表=2",
    "dictionaries_and_sets": "dictionary=3;hash map=3;dict=3;key-value=3;set;intersection=2",
    "graphs_and_trees": "graph=3;tree=3;node=2;edge=2;shortest path=4;bfs=4;dfs=4;vertex=2;vertices=3;heap=2;图=1;树=2",
    "dynamic_programming": "dynamic programming=4;longest common=4;longest increasing=4;knapsack=4;minimum cost path=4;number of ways=3;"
    "subsequence=3;动态规划=4",
    "number_tasks": "prime=2;fibonacci=3;digit=2;integer=1;sum;binary number=3;factorial=3;volume=2;area=2;decimal=1;divisible=2;bit=2;"
    "power of=2;odd=1;even=1",
}
