class Robot:
    def __init__(self):
        self.x, self.y, self.turned, self.far = 0, 0, 0, 0

    def L(self):
        self.turned -= 1

    def R(self):
        self.turned += 1

    def F(self, k):
        side = self.turned % 4
        if side % 2:
            self.x += k if side == 1 else -k
        else:
            self.y += k if side == 0 else -k
        self.far = max(self.far, abs(self.x) + abs(self.y))

    def B(self, k):
        self.F(-k)


robot = Robot()
for _ in range(int(input())):
    name, *values = input().split()
    getattr(robot, name)(*map(int, values))
print(robot.x, robot.y, robot.far)
